/// What the system tells a process about its start, also where /proc is not mounted (a chroot, a container without it).
///
/// On Linux, Swift reads the arguments from /proc/self/cmdline, and finds none without it. The C library hands them to
/// constructors, which is where these are from.
#ifndef CPROCESS_H
#define CPROCESS_H

/// How many arguments there are, the command's name among them; 0 where the C library does not hand them to constructors.
int process_argument_count(void);

/// Argument `index`, in 0 ..< process_argument_count().
const char *process_argument(int index);

/// The path that the program was started by; null where the system does not tell.
const char *process_path(void);

#endif
