/* SPDX-License-Identifier: MIT */
/* The kernel's interfaces, in the network namespace of this process (a mount of /sys may show another one's).
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "opptel_dpdk.h"

static int ask(const char *name, unsigned long question, struct ifreq *request)
{
	int result, handle;

	if (strlen(name) >= sizeof(request->ifr_name))
		return -ENODEV;
	handle = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (handle < 0)
		return -errno;
	snprintf(request->ifr_name, sizeof(request->ifr_name), "%s", name);
	result = ioctl(handle, question, request) < 0 ? -errno : 0;
	close(handle);
	return result;
}

int opptel_netdev_mtu(const char *name)
{
	struct ifreq request = {0};
	int result = ask(name, SIOCGIFMTU, &request);

	return result < 0 ? result : request.ifr_mtu;
}

/* Whether the kernel or the device puts received packets together (GRO, LRO) before anybody sees them. */
int opptel_netdev_merges(const char *name)
{
	struct ethtool_value gro = {.cmd = ETHTOOL_GGRO}, flags = {.cmd = ETHTOOL_GFLAGS};
	struct ifreq request = {.ifr_data = (char *)&gro};
	int result = ask(name, SIOCETHTOOL, &request);

	if (result == 0) {
		request.ifr_data = (char *)&flags;
		result = ask(name, SIOCETHTOOL, &request);
	}
	return result < 0 ? result : gro.data != 0 || (flags.data & ETH_FLAG_LRO) != 0;
}

int opptel_netdev_index(const char *name)
{
	unsigned int index = if_nametoindex(name);

	return index == 0 ? -errno : (int)index;
}
