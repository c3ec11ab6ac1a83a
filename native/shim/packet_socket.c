/* SPDX-License-Identifier: MIT */
/*
 * DPDK's af_packet driver asks the kernel to reassemble IPv4 fragments before it delivers them, and has no
 * option that says otherwise. What is to leave byte for byte as it came must not be reassembled, so the
 * driver's calls of setsockopt are led through this file. At the same place the sockets are told to ignore
 * what this machine itself sends through the interface: a wire would not bring that back either. And a frame
 * that is longer than a frame of the ring would come in cut, but no cut frame may leave: it is refused, as a
 * bridge refuses what is longer than its MTU.
 */
#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/filter.h>
#include <linux/if_packet.h>
#include <sys/socket.h>

#include "opptel_dpdk.h"

#define DRIVER "librte_net_af_packet"

#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING 23
#endif

/* What a ring's frame holds besides the packet: its header, an address, and alignment for both. */
#define RING_HEADER 80

static int refuse_longer_frames(int handle, uint32_t ring_frame)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0),
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, ring_frame - RING_HEADER, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
	};
	struct sock_fprog program = {.len = sizeof(code) / sizeof(code[0]), .filter = code};

	return setsockopt(handle, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
}

static int set_option(int handle, int level, int name, const void *value, socklen_t length)
{
	const int yes = 1;
	struct tpacket_req ring;
	int argument;

	if (level == SOL_PACKET && name == PACKET_RX_RING && length >= sizeof(ring)) {
		memcpy(&ring, value, sizeof(ring));
		if (refuse_longer_frames(handle, ring.tp_frame_size) < 0)
			return -1;
	}
	if (level != SOL_PACKET || name != PACKET_FANOUT || length != sizeof(argument))
		return setsockopt(handle, level, name, value, length);
	memcpy(&argument, value, sizeof(argument));
	argument &= ~(PACKET_FANOUT_FLAG_DEFRAG << 16);
	if (setsockopt(handle, SOL_PACKET, PACKET_IGNORE_OUTGOING, &yes, sizeof(yes)) < 0)
		return -1;
	return setsockopt(handle, level, name, &argument, length);
}

/* Writes one entry of a table that the linker may have made read-only. */
static bool write_entry(ElfW(Addr) * entry, void *target)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *start = (void *)((uintptr_t)entry & ~(page - 1));

	if (mprotect(start, page, PROT_READ | PROT_WRITE) < 0)
		return false;
	*entry = (ElfW(Addr))target;
	return mprotect(start, page, PROT_READ) == 0;
}

/* Redirects the entries of one relocation table that stand for setsockopt. */
static int redirect(const struct dl_phdr_info *object, const ElfW(Rela) * relocations, size_t size,
	const ElfW(Sym) * symbols, const char *names)
{
	int found = 0;

	for (size_t index = 0; relocations != NULL && index < size / sizeof(*relocations); index++) {
		/* The symbol's number is the upper half on every 64-bit machine. */
		const ElfW(Sym) *symbol = &symbols[ELF64_R_SYM(relocations[index].r_info)];

		if (strcmp(names + symbol->st_name, "setsockopt") != 0)
			continue;
		if (write_entry((ElfW(Addr) *)(object->dlpi_addr + relocations[index].r_offset), set_option))
			found++;
	}
	return found;
}

static int visit(struct dl_phdr_info *object, size_t size, void *result)
{
	const ElfW(Dyn) *entry = NULL;
	const void *tables[DT_JMPREL + 1] = {NULL};
	size_t sizes[DT_JMPREL + 1] = {0};

	(void)size;
	if (strstr(object->dlpi_name, DRIVER) == NULL)
		return 0;
	for (int index = 0; index < object->dlpi_phnum; index++) {
		if (object->dlpi_phdr[index].p_type == PT_DYNAMIC)
			entry = (const ElfW(Dyn) *)(object->dlpi_addr + object->dlpi_phdr[index].p_vaddr);
	}
	/* glibc has made these addresses absolute. */
	for (; entry != NULL && entry->d_tag != DT_NULL; entry++) {
		if (entry->d_tag < 0 || entry->d_tag > DT_JMPREL)
			continue;
		tables[entry->d_tag] = (const void *)entry->d_un.d_ptr;
		sizes[entry->d_tag] = entry->d_un.d_val;
	}
	*(int *)result += redirect(object, tables[DT_JMPREL], sizes[DT_PLTRELSZ], tables[DT_SYMTAB], tables[DT_STRTAB]);
	*(int *)result += redirect(object, tables[DT_RELA], sizes[DT_RELASZ], tables[DT_SYMTAB], tables[DT_STRTAB]);
	return 0;
}

/* Before the first af_packet device; -ENOENT when the driver does not look as expected. */
int opptel_packet_socket_setup(void)
{
	static int found;

	if (found == 0)
		dl_iterate_phdr(visit, &found);
	return found > 0 ? 0 : -ENOENT;
}
