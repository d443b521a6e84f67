// Part of a build for coverage only: lets a process write its counters that will end without running what others run at exit,
// as the workers of pytest-xdist do.
extern "C" void __gcov_dump();

extern "C" __attribute__((visibility("default"))) void fcformat_write_counters() { __gcov_dump(); }
