import uPlot from "uplot";
import { clock, digitsOf } from "./format";
import { theme } from "./theme";

const increments = [
    ...[1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1].flatMap((power) => [power, 2 * power, 5 * power]),
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600,
];

const font = "12px system-ui, sans-serif";

const look = {
    stroke: () => theme().dim,
    grid: { stroke: () => theme().rule, width: 1 },
    ticks: { stroke: () => theme().rule, width: 1, size: 4 },
    font,
};

/** Time of day, as fine as the span needs. */
export function timeAxis(): uPlot.Axis {
    return {
        ...look,
        space: 90,
        size: 26,
        gap: 3,
        incrs: increments,
        splits: (_plot, _axis, from, to, increment) => {
            const first = Math.ceil(from / increment - 1e-9);
            const splits: number[] = [];
            for (let index = first; index * increment <= to + 1e-9; index++) splits.push(index * increment);
            return splits;
        },
        values: (_plot, splits, _axis, _space, increment) => splits.map((split) => clock(split, digitsOf(increment))),
    };
}

/** Values in their unit. */
export function valueAxis(format: (value: number) => string): uPlot.Axis {
    return {
        ...look,
        size: 56,
        gap: 4,
        space: 28,
        values: (_plot, splits) => splits.map((split) => (split === null ? "" : format(split))),
    };
}

/** From zero, or from the least value if that is negative, to a little above the greatest. */
export function linearRange(_plot: uPlot, least: number | null, most: number | null): uPlot.Range.MinMax {
    const top = Math.max(most ?? 0, 0), bottom = Math.min(least ?? 0, 0);
    return top === bottom ? [0, 1] : [bottom * 1.05, top * 1.05];
}

/** Whole powers of ten. */
export function logRange(_plot: uPlot, least: number | null, most: number | null): uPlot.Range.MinMax {
    const low = least && least > 0 ? least : 1e-6, high = most && most > 0 ? most : 1e-3;
    const from = 10 ** Math.floor(Math.log10(low)), to = 10 ** Math.ceil(Math.log10(high));
    return [from, to > from ? to : from * 10];
}
