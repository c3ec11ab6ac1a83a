/* SPDX-License-Identifier: MIT */
/* The word that a test writes and a sabotaged program reads. */
#ifndef OPPTEL_SABOTAGE_WORD_H
#define OPPTEL_SABOTAGE_WORD_H

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static const volatile int64_t *opptel_word;

static void opptel_find_word(void)
{
	const char *path = getenv("OPPTEL_SABOTAGE");
	int file = path == NULL ? -1 : open(path, O_RDONLY);
	void *word;

	if (file < 0)
		return;
	word = mmap(NULL, sizeof(int64_t), PROT_READ, MAP_SHARED, file, 0);
	close(file);
	if (word != MAP_FAILED)
		opptel_word = word;
}

#endif /* OPPTEL_SABOTAGE_WORD_H */
