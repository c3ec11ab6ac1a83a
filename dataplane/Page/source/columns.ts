/** Values of a line, one for each time; null where there is none. */
export type Column = (number | null)[];

/** Each column on top of those before it: drawn last to first, every one shows only its own part. */
export function stack(columns: Column[]): Column[] {
    const sums = columns.map((column) => [...column]);
    for (let slot = 1; slot < sums.length; slot++) {
        const below = sums[slot - 1]!, above = sums[slot]!;
        for (let index = 0; index < above.length; index++) {
            const rest = below[index] ?? null;
            if (rest !== null) above[index] = (above[index] ?? 0) + rest;
        }
    }
    // A place without values has no part of its own.
    return sums.map((sum, slot) => (columns[slot]!.some((value) => value !== null) ? sum : columns[slot]!));
}

/** Of the values that there are; null where there are none. */
export function mean(values: Column): number | null {
    let sum = 0, count = 0;
    for (const value of values) {
        if (value === null) continue;
        sum += value;
        count++;
    }
    return count > 0 ? sum / count : null;
}
