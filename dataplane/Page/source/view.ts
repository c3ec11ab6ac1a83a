// What is looked at: which time, which host, which metrics. The address says the same, so that it can be passed on.

export interface Span {
    start: number;
    end: number;
}

const steps = [1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1, 10].flatMap((power) => [power, 2 * power, 5 * power]).map((step) => Number(step.toPrecision(1)));
const mostSteps = 1_100;

/** Shortest and longest spans, in seconds. */
const shortest = 1e-3;
const longest = 3600;

/** The finest step that a chart can show of so many seconds; as short as 10 us. */
export function stepOf(seconds: number): number {
    return steps.find((step) => seconds / step <= mostSteps) ?? 60;
}

export class View {
    /** Null while the newest seconds are looked at. */
    frozen: Span | null = null;
    /** Seconds that are looked at while live. */
    length = 10;
    host = "";
    metric = "";
    heat = "";
    /** What charts show by now. */
    shown: Span | null = null;
    private readonly past: Span[] = [];
    private readonly listeners: (() => void)[] = [];
    private address = "";

    constructor() {
        this.read();
        window.addEventListener("hashchange", () => {
            if (location.hash.slice(1) === this.address) return;
            this.read();
            this.listeners.forEach((listener) => listener());
        });
    }

    get isLive(): boolean {
        return this.frozen === null;
    }

    get step(): number {
        return stepOf(this.frozen ? this.frozen.end - this.frozen.start : this.length);
    }

    /** The time, as requests name it. */
    get query(): { start: string; end: string; step: string } {
        const step = this.step < 1e-3 ? `${Math.round(this.step * 1e6)}us` : `${Math.round(this.step * 1e3)}ms`;
        return this.frozen
            ? { start: this.frozen.start.toFixed(6), end: this.frozen.end.toFixed(6), step }
            : { start: `-${this.length}s`, end: "now", step };
    }

    onChange(listener: () => void): void {
        this.listeners.push(listener);
    }

    /** Looks at a part more closely; the way back stays. */
    zoom(start: number, end: number): void {
        const from = this.frozen ?? this.shown;
        if (from && this.frozen) this.past.push(from);
        const middle = (start + end) / 2;
        const half = Math.min(longest, Math.max(shortest, end - start)) / 2;
        this.frozen = { start: middle - half, end: middle + half };
        this.changed();
    }

    /** Shows more (above 1) or less of the time around the middle. */
    scale(factor: number): void {
        const from = this.frozen ?? this.shown;
        if (!from) return;
        const middle = (from.start + from.end) / 2;
        const half = ((from.end - from.start) / 2) * factor;
        this.zoom(middle - half, middle + half);
    }

    /** Moves by a share of what is shown; negative is earlier. */
    pan(share: number): void {
        const from = this.frozen ?? this.shown;
        if (!from) return;
        const distance = (from.end - from.start) * share;
        this.frozen = { start: from.start + distance, end: from.end + distance };
        this.changed();
    }

    /** What was looked at before the last zoom. */
    back(): void {
        if (this.isLive) return;
        this.frozen = this.past.pop() ?? null;
        this.changed();
    }

    pause(): void {
        if (!this.isLive || !this.shown) return;
        this.frozen = this.shown;
        this.changed();
    }

    resume(): void {
        this.frozen = null;
        this.past.length = 0;
        this.changed();
    }

    select(change: Partial<Pick<View, "host" | "metric" | "heat">>): void {
        Object.assign(this, change);
        this.changed();
    }

    private changed(): void {
        const entries = this.frozen
            ? [["start", this.frozen.start.toFixed(6)], ["end", this.frozen.end.toFixed(6)]]
            : this.length === 10 ? [] : [["last", `${this.length}s`]];
        for (const name of ["host", "metric", "heat"] as const)
            if (this[name]) entries.push([name, this[name]]);
        this.address = new URLSearchParams(entries).toString();
        history.replaceState(null, "", this.address ? `#${this.address}` : location.pathname + location.search);
        this.listeners.forEach((listener) => listener());
    }

    private read(): void {
        this.address = location.hash.slice(1);
        const fields = new URLSearchParams(this.address);
        const start = Number(fields.get("start") ?? NaN), end = Number(fields.get("end") ?? NaN);
        this.frozen = end > start && end - start <= longest ? { start, end } : null;
        const length = Number.parseFloat(fields.get("last") ?? "10");
        this.length = length >= 1 && length <= 600 ? length : 10;
        this.host = fields.get("host") ?? "";
        this.metric = fields.get("metric") ?? "";
        this.heat = fields.get("heat") ?? "";
    }
}
