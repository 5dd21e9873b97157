"""The policy's rules, one by one."""
