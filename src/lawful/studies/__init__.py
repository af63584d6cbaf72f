"""Studies, one file each: settings in, result out, kept in a run folder."""
