import uPlot from "uplot";
import { linearRange, logRange, timeAxis, valueAxis } from "./axes";
import { type Column, mean, stack } from "./columns";
import { element, setText } from "./dom";
import { clock, digitsOf } from "./format";
import { Legend } from "./legend";
import { describeMarks, drawMarks, drawShade } from "./marks";
import { Slots } from "./slots";
import { onThemeChange, theme } from "./theme";
import { listenToTouch, shortestDrag } from "./touch";
import type { Span } from "./view";

export interface Line {
    key: string;
    label: string;
    title?: string;
    values: Column;
}

export interface ChartOptions {
    /** For those who hear the page. */
    title: string;
    height: number;
    lines: number;
    format: (value: number) => string;
    /** Lines add up, and their sum is the upper edge. */
    stacked?: boolean;
    /** A value holds until the next one begins. */
    stepped?: boolean;
    log?: boolean;
    /** Charts of one group show the same moment. */
    group: string;
    selected: (span: Span) => void;
    doubleClicked: () => void;
    /** Marks a part of the time. */
    shade?: () => Span | null;
}

/** Lines over time, with a legend that tells values at the pointer, or else the means. */
export class Chart {
    readonly root: HTMLElement;
    format: (value: number) => string;
    private readonly legend: Legend;
    private readonly moment = element("span", { class: "moment" });
    private readonly tip = element("div", { class: "tip", hidden: true });
    private readonly slots: Slots;
    private readonly hidden = new Set<number>();
    private readonly plot: uPlot;
    private span: Span = { start: 0, end: 1 };
    private times: number[] = [];
    private columns: Column[];
    private entries: { slot: number; line: Line }[] = [];

    constructor(private readonly options: ChartOptions) {
        this.format = options.format;
        this.slots = new Slots(options.lines);
        this.columns = Array.from({ length: options.lines }, () => []);
        this.legend = new Legend(options.lines, (slot) => this.toggle(slot));
        const place = element("div", { class: "plot", aria: { hidden: "true" } });
        this.root = element("figure", { class: "chart", aria: { label: options.title } }, place, this.moment, this.legend.root);
        this.plot = new uPlot(this.configuration(), [[], ...this.columns] as uPlot.AlignedData, place);
        this.plot.over.append(this.tip);
        this.plot.over.addEventListener("dblclick", () => options.doubleClicked());
        listenToTouch(this.plot, (from, to) => this.select(from, to));
        new ResizeObserver(() => this.plot.setSize({ width: place.clientWidth, height: options.height })).observe(place);
        onThemeChange(() => this.redraw());
    }

    /** Shows lines over a span; the most important first. */
    draw(span: Span, times: number[], lines: Line[]): void {
        this.span = span;
        this.times = times;
        const places = this.slots.assign(lines.map((line) => line.key));
        this.entries = lines.filter((line) => places.has(line.key)).map((line) => ({ slot: places.get(line.key)!, line }));
        this.update();
    }

    /** Draws again what is there: marks or colours changed. */
    redraw(): void {
        this.plot.redraw();
    }

    private configuration(): uPlot.Options {
        const { options } = this;
        return {
            width: 300,
            height: options.height,
            padding: [8, 26, 0, 0],
            legend: { show: false },
            cursor: {
                drag: { x: true, y: false, setScale: false },
                points: { show: !options.stacked },
                bind: { dblclick: () => () => null },
                sync: { key: options.group, scales: ["x", null], setSeries: false, filters: { pub: isPointing, sub: isPointing } },
            },
            scales: {
                x: { time: false, range: () => [this.span.start, this.span.end] },
                y: options.log ? { distr: 3, range: logRange } : { range: linearRange },
            },
            axes: [timeAxis(), valueAxis((value) => this.format(value))],
            // Drawn in this order: the first place last, over all others.
            series: [{}, ...Array.from({ length: options.lines }, (_, index) => this.series(options.lines - 1 - index))],
            hooks: {
                drawClear: [(plot) => drawShade(plot, options.shade?.() ?? null)],
                draw: [drawMarks],
                setCursor: [(plot) => this.showValues(plot)],
                setSelect: [(plot) => this.selectedByMouse(plot)],
            },
        };
    }

    private series(slot: number): uPlot.Series {
        const colour = (): string => theme().series[slot]!;
        return {
            label: String(slot),
            stroke: colour,
            width: this.options.stacked ? 0 : 1.5,
            ...(this.options.stacked ? { fill: colour } : {}),
            ...(this.options.stepped ? { paths: uPlot.paths.stepped!({ align: 1 }) } : {}),
            points: { show: false },
        };
    }

    private update(): void {
        this.columns = Array.from({ length: this.options.lines }, () => this.times.map(() => null));
        for (const { slot, line } of this.entries) this.columns[slot] = line.values;
        const visible = this.columns.map((column, slot) => (this.hidden.has(slot) ? this.times.map(() => null) : column));
        this.plot.setData([this.times, ...(this.options.stacked ? stack(visible) : visible).reverse()] as uPlot.AlignedData);
        this.showValues(this.plot);
    }

    private toggle(slot: number): void {
        if (!this.hidden.delete(slot)) this.hidden.add(slot);
        this.update();
    }

    private showValues(plot: uPlot): void {
        const { idx, left } = plot.cursor;
        const index = idx !== null && idx !== undefined && (left ?? -1) >= 0 ? idx : null;
        const time = index === null ? undefined : this.times[index];
        setText(this.moment, time === undefined ? "mean" : clock(time, digitsOf(this.step)));
        const valueOf = (values: Column): number | null => (index === null ? mean(values) : values[index] ?? null);
        this.legend.show(this.entries.map(({ slot, line }) => {
            const value = valueOf(line.values);
            return { slot, label: line.label, title: line.title ?? line.label, value: value === null ? "–" : this.format(value) };
        }), this.hidden);
        // Of charts that show the same moment, only the one that is pointed at.
        const text = left !== undefined && left >= 0 && plot.over.matches(":hover") ? describeMarks(plot, left) : "";
        this.tip.hidden = text === "";
        if (text === "") return;
        setText(this.tip, text);
        this.tip.classList.toggle("left", left! > plot.over.clientWidth / 2);
    }

    private get step(): number {
        const last = this.times.length - 1;
        return last > 0 ? (this.times[last]! - this.times[0]!) / last : 1;
    }

    private selectedByMouse(plot: uPlot): void {
        const { left, width } = plot.select;
        if (width < shortestDrag) return;
        plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        this.select(left, left + width);
    }

    private select(from: number, to: number): void {
        this.options.selected({ start: this.plot.posToVal(from, "x"), end: this.plot.posToVal(to, "x") });
    }
}

/** Charts share where the pointer is, and not what is selected: each of them would zoom. */
function isPointing(type: string): boolean {
    return type === "mousemove" || type === "mouseleave";
}
