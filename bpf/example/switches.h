/* SPDX-License-Identifier: MIT */
/* Which cells the program fills, for the program and its loader. */
#ifndef SWITCHES_H
#define SWITCHES_H

enum cell {
	CELL_SWITCHES = 0, /* a counter */
	CELL_LAST_CPU = 1, /* a gauge */
	CELL_STAY = 2,     /* a histogram, which takes OPPTEL_HISTOGRAM_SLOTS cells */
};
#define CELLS 256

#endif /* SWITCHES_H */
