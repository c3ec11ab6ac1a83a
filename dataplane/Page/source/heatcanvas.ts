import { clock } from "./format";
import { type Cells, upperBound } from "./sketch";
import { theme } from "./theme";

const left = 56, bottom = 26, top = 6, right = 8;

/** Where a heat map's cells lie, in CSS pixels. */
export interface Grid {
    left: number;
    top: number;
    width: number;
    height: number;
    columns: number;
    /** Rows of values, and one below them for what is not positive, if there is any. */
    rows: number;
    hasBelow: boolean;
}

export function gridOf(canvas: HTMLCanvasElement, cells: Cells): Grid {
    const hasBelow = cells.below.some((count) => count > 0);
    return {
        left,
        top,
        width: Math.max(1, canvas.clientWidth - left - right),
        height: Math.max(1, canvas.clientHeight - top - bottom),
        columns: cells.ends.length,
        rows: cells.rows + (hasBelow ? 1 : 0),
        hasBelow,
    };
}

/** Draws cells, the darker or brighter the more values, by the logarithm of their number. */
export function drawHeat(canvas: HTMLCanvasElement, cells: Cells | null, format: (value: number) => string): void {
    const ratio = window.devicePixelRatio || 1;
    canvas.width = Math.round(canvas.clientWidth * ratio);
    canvas.height = Math.round(canvas.clientHeight * ratio);
    const context = canvas.getContext("2d")!;
    context.scale(ratio, ratio);
    if (!cells) return;
    const grid = gridOf(canvas, cells);
    const ramp = colours();
    cells.counts.forEach((counts, column) => {
        counts.forEach((count, row) => fill(context, grid, column, row + (grid.hasBelow ? 1 : 0), shade(ramp, count, cells.most)));
        if (grid.hasBelow) fill(context, grid, column, 0, shade(ramp, cells.below[column]!, cells.most));
    });
    drawAxes(context, grid, cells, format);
}

/** A row is counted from below. */
function fill(context: CanvasRenderingContext2D, grid: Grid, column: number, row: number, colour: string | null): void {
    if (colour === null) return;
    const x = grid.left + (column * grid.width) / grid.columns, y = grid.top + grid.height - ((row + 1) * grid.height) / grid.rows;
    context.fillStyle = colour;
    // A little larger, so that no gap shows between neighbours.
    context.fillRect(x, y, grid.width / grid.columns + 0.4, grid.height / grid.rows + 0.4);
}

function drawAxes(context: CanvasRenderingContext2D, grid: Grid, cells: Cells, format: (value: number) => string): void {
    context.font = "12px system-ui, sans-serif";
    context.fillStyle = theme().dim;
    context.textBaseline = "middle";
    context.textAlign = "right";
    const offset = grid.hasBelow ? 1 : 0, rowHeight = grid.height / grid.rows;
    const every = Math.max(1, Math.ceil(28 / rowHeight));
    if (grid.hasBelow) context.fillText("0", grid.left - 6, grid.top + grid.height - rowHeight / 2);
    for (let row = every - 1; row < cells.rows; row += every)
        context.fillText(format(upperBound(cells, row)), grid.left - 6, Math.max(8, grid.top + grid.height - (row + 1 + offset) * rowHeight));
    context.textAlign = "center";
    context.textBaseline = "bottom";
    const labels = Math.max(1, Math.ceil(grid.columns / Math.max(1, Math.floor(grid.width / 90))));
    for (let column = Math.floor(labels / 2); column < grid.columns; column += labels)
        context.fillText(clock(cells.ends[column]!), grid.left + ((column + 0.5) * grid.width) / grid.columns, grid.top + grid.height + bottom - 4);
}

function shade(ramp: string[], count: number, most: number): string | null {
    if (count === 0) return null;
    const share = most <= 1 ? 1 : Math.log(count) / Math.log(most);
    return ramp[Math.min(ramp.length - 1, Math.floor(share * ramp.length))]!;
}

/** 64 colours between those of the theme. */
function colours(): string[] {
    const stops = theme().heat.map((colour) => [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16)));
    return Array.from({ length: 64 }, (_, index) => {
        const place = (index / 63) * (stops.length - 1), from = Math.min(stops.length - 2, Math.floor(place));
        const mixed = stops[from]!.map((value, channel) => Math.round(value + (stops[from + 1]![channel]! - value) * (place - from)));
        return `rgb(${mixed.join(" ")})`;
    });
}
