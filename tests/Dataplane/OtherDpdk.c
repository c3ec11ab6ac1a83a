/* Preloaded into the dataplane by a test: a DPDK of another release. */
const char *rte_version(void);

const char *rte_version(void)
{
	return "DPDK 24.11.1";
}
