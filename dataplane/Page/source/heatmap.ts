import type { DistributionAnswer } from "./answers";
import { get } from "./api";
import { byId, element, setText } from "./dom";
import { clock, count, unitOf } from "./format";
import { drawHeat, gridOf } from "./heatcanvas";
import { marks } from "./marks";
import { Panel } from "./panel";
import { Poll } from "./poll";
import { type Cells, cellsOf, quantile, sum, upperBound } from "./sketch";
import { onThemeChange } from "./theme";
import type { View } from "./view";

const first = "opptel_runqueue_wait_seconds";
const windows = 60, mostWindows = 3600, mostRows = 48;

/** How a metric's values were distributed, window by window. */
export class HeatMap {
    private readonly panel = new Panel("distributions");
    private readonly metric = byId<HTMLSelectElement>("heat-metric");
    private readonly window = byId<HTMLSelectElement>("heat-window");
    private readonly canvas = element("canvas", { class: "heat" });
    private readonly words = element("p", { class: "moment" });
    private names: string[] = [];
    private cells: Cells | null = null;
    private format: (value: number) => string = String;
    readonly poll: Poll;

    constructor(private readonly view: View) {
        this.poll = new Poll((signal) => this.refresh(signal), () => (view.isLive ? 1000 : null), (error) => this.panel.failed(error));
        this.canvas.setAttribute("role", "img");
        this.canvas.setAttribute("aria-label", this.name);
        this.panel.body.append(element("figure", {}, this.canvas, this.words));
        this.fillNames([]);
        void this.loadNames();
        this.metric.addEventListener("change", () => view.select({ heat: this.metric.value }));
        this.metric.addEventListener("focus", () => void this.loadNames());
        this.window.addEventListener("change", () => this.poll.now());
        this.canvas.addEventListener("pointermove", (event) => this.describe(event));
        this.canvas.addEventListener("pointerleave", () => this.summarise());
        new ResizeObserver(() => this.draw()).observe(this.canvas);
        onThemeChange(() => this.draw());
        view.onChange(() => this.poll.now());
    }

    private get name(): string {
        return this.view.heat || first;
    }

    private async refresh(signal: AbortSignal): Promise<void> {
        this.fillNames(this.names);
        const [newest, count] = this.windows();
        const answer = await get<DistributionAnswer>(
            "api/v1/distributions", { name: this.name, host: this.view.host, window: this.window.value, count, limit: 50 }, signal);
        this.panel.answered();
        for (const series of answer.series)
            series.windows = series.windows.filter((window) => window.end <= newest).slice(0, windows);
        this.cells = cellsOf(answer, mostRows);
        this.format = unitOf(this.name, "gauge");
        if (!this.cells) this.panel.say(`No value of ${this.name} came in these windows.`);
        this.draw();
    }

    /** The end of the last window to show, and how many it takes to have it and those before; around what is looked at, if that is past. */
    private windows(): [newest: number, count: number] {
        const { frozen } = this.view;
        if (!frozen || marks.now === 0) return [Infinity, windows];
        const length = Number.parseInt(this.window.value, 10);
        const newest = (frozen.start + frozen.end) / 2 + (windows / 2) * length;
        return [newest, Math.min(mostWindows, windows + Math.ceil(Math.max(0, marks.now - newest) / length))];
    }

    private async loadNames(): Promise<void> {
        try {
            const answer = await get<DistributionAnswer>("api/v1/distributions", { window: "60s", limit: 1000 }, AbortSignal.timeout(15_000));
            this.names = answer.series.map((series) => series.name);
            this.fillNames(this.names);
        } catch (error) {
            this.panel.failed(error);
        }
    }

    private fillNames(names: string[]): void {
        const all = [...new Set([this.name, first, ...names])].sort();
        if (all.length !== this.metric.options.length || all.some((name, index) => this.metric.options[index]?.value !== name))
            this.metric.replaceChildren(...all.map((name) => element("option", { value: name }, name)));
        this.metric.value = this.name;
    }

    private draw(): void {
        drawHeat(this.canvas, this.cells, this.format);
        this.summarise();
    }

    private summarise(): void {
        const { cells } = this;
        if (!cells) return;
        const column = cells.ends.length - 1;
        this.say(column, [0.5, 0.99].map((share) => {
            const value = quantile(cells, column, share);
            return `p${share * 100} ${value === null ? "–" : this.format(value)}`;
        }).join(", "));
    }

    private describe(event: PointerEvent): void {
        const { cells } = this;
        if (!cells) return;
        const box = this.canvas.getBoundingClientRect(), grid = gridOf(this.canvas, cells);
        const column = Math.floor(((event.clientX - box.left - grid.left) / grid.width) * grid.columns);
        const place = Math.floor(((grid.top + grid.height - (event.clientY - box.top)) / grid.height) * grid.rows);
        const row = place - (grid.hasBelow ? 1 : 0);
        if (column < 0 || column >= grid.columns || place < 0 || row >= cells.rows) return;
        this.say(column, row < 0
            ? `${count(cells.below[column]!)} of 0 or less`
            : `${count(cells.counts[column]![row]!)} above ${this.format(upperBound(cells, row - 1))}, up to ${this.format(upperBound(cells, row))}`);
    }

    private say(column: number, text: string): void {
        const { cells } = this;
        const total = cells!.below[column]! + sum(cells!.counts[column]!);
        const words = `${clock(cells!.ends[column]! - cells!.window)} to ${clock(cells!.ends[column]!)}: ${count(total)} values, ${text}`;
        setText(this.words, words);
        this.canvas.setAttribute("aria-label", `${this.name}, ${words}`);
    }
}
