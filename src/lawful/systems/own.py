"""TODO"""
def read_system(path): raise NotImplementedError
