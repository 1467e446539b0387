//! Starting a service with passed file descriptors, and jailing it: no capabilities, seccomp, Landlock
