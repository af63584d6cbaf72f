"""What finished things show: one module a view, `scene` first and refinements after.

    scene(opened, run=0, start=0, stop=None, stride=None) -> Message    what a view shows
    python(opened) -> Message                                           the same as lines
    reading(opened) -> Reading                                          both, bound

A page that is exported asks what `recorded(opened)` yields, where a module has it.
"""
