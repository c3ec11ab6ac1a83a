/* SPDX-License-Identifier: MIT */
/* The kernel's interfaces, in the network namespace of this process (a mount of /sys may show another one's).
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "opptel_dpdk.h"

int opptel_netdev_mtu(const char *name)
{
	struct ifreq request = {0};
	int result, handle;

	if (strlen(name) >= sizeof(request.ifr_name))
		return -ENODEV;
	handle = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (handle < 0)
		return -errno;
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	result = ioctl(handle, SIOCGIFMTU, &request) < 0 ? -errno : request.ifr_mtu;
	close(handle);
	return result;
}

int opptel_netdev_index(const char *name)
{
	unsigned int index = if_nametoindex(name);

	return index == 0 ? -errno : (int)index;
}
