// Exponential histograms as rows of equal height: what a heat map draws, and quantiles of it.

import type { Buckets, DistributionAnswer, DistributionWindow } from "./answers";

export interface Cells {
    /** End of each column's window, oldest first. */
    ends: number[];
    /** Seconds that a column stands for. */
    window: number;
    /** Row r is of values above 2^((first + r) * 2^-scale); rows go up by powers of that base. */
    first: number;
    rows: number;
    scale: number;
    /** Counts by column, then row. */
    counts: number[][];
    /** Counts of what is not positive, by column. */
    below: number[];
    most: number;
}

/** All series of an answer added up, exactly, at the finest scale that gives no more than `mostRows` rows. */
export function cellsOf(answer: DistributionAnswer, mostRows: number): Cells | null {
    const windows = answer.series.flatMap((series) => series.windows).filter((window) => window.count > 0);
    const ends = [...new Set(answer.series.flatMap((series) => series.windows.map((window) => window.end)))].sort((left, right) => left - right);
    if (windows.length === 0) return null;
    let scale = Math.min(...windows.map((window) => window.scale));
    let [first, last] = extent(windows, scale);
    while (last - first + 1 > mostRows) {
        scale--;
        [first, last] = extent(windows, scale);
    }
    const rows = Math.max(0, last - first + 1);
    const columns = new Map(ends.map((end, index) => [end, index]));
    const counts = ends.map(() => new Array<number>(rows).fill(0));
    const below = ends.map(() => 0);
    for (const window of windows) {
        const column = columns.get(window.end)!;
        below[column]! += window.zero_count + sum(window.negative.counts);
        add(counts[column]!, window.positive, window.scale - scale, first);
    }
    return { ends, window: answer.window, first, rows, scale, counts, below, most: Math.max(...below, ...counts.flat()) };
}

/** Upper bound of a row. */
export function upperBound(cells: Cells, row: number): number {
    return 2 ** ((cells.first + row + 1) * 2 ** -cells.scale);
}

/** The value that a share of a column's values does not exceed, as far as its rows tell; null for none. */
export function quantile(cells: Cells, column: number, share: number): number | null {
    const counts = cells.counts[column]!, below = cells.below[column]!;
    const total = below + sum(counts);
    if (total === 0) return null;
    let passed = below;
    if (passed >= share * total) return 0;
    for (let row = 0; row < counts.length; row++) {
        passed += counts[row]!;
        if (passed >= share * total) return upperBound(cells, row);
    }
    return null;
}

export function sum(counts: number[]): number {
    return counts.reduce((total, count) => total + count, 0);
}

/** First and last bucket with something in it, at a scale that is no finer than any window's. */
function extent(windows: DistributionWindow[], scale: number): [number, number] {
    let first = Infinity, last = -Infinity;
    for (const { positive, scale: own } of windows) {
        positive.counts.forEach((count, index) => {
            if (count === 0) return;
            const bucket = (positive.offset + index) >> (own - scale);
            first = Math.min(first, bucket);
            last = Math.max(last, bucket);
        });
    }
    return first <= last ? [first, last] : [0, -1];
}

/** Halving the scale joins buckets in pairs, whose indices differ in the last bit. */
function add(counts: number[], buckets: Buckets, shift: number, first: number): void {
    buckets.counts.forEach((count, index) => {
        if (count > 0) counts[((buckets.offset + index) >> shift) - first]! += count;
    });
}
