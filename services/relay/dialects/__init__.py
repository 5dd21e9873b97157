"""How each family of devices is told and understood: one small file each, all of them pure."""
