import type { Activity } from "./answers";
import { get } from "./api";
import { Chart, type ChartOptions } from "./chart";
import type { Column } from "./columns";
import { duration, number } from "./format";
import { Panel } from "./panel";
import { Poll } from "./poll";
import type { View } from "./view";

const kept = 600;
const least = 60;

/** Throughput, age and loss of the last ten minutes by the second. */
export class Overview {
    private readonly panels = ["throughput", "age-chart", "loss"].map((id) => new Panel(id));
    private readonly throughput: Chart;
    private readonly age: Chart;
    private readonly loss: Chart;
    private history: Activity | null = null;
    readonly poll = new Poll((signal) => this.refresh(signal), () => 1000, (error) => this.panels.forEach((panel) => panel.failed(error)));

    constructor(private readonly view: View) {
        const rate = (value: number): string => `${number(value)}/s`;
        this.throughput = this.chart(0, { title: "Packets, carriers and heartbeats each second", lines: 3, format: rate });
        this.age = this.chart(1, { title: "Age of records on arrival", lines: 2, format: duration, log: true });
        this.loss = this.chart(2, { title: "Trailers lost each second, and missing", lines: 2, format: number });
        view.onChange(() => this.charts.forEach((chart) => chart.redraw()));
    }

    get charts(): Chart[] {
        return [this.throughput, this.age, this.loss];
    }

    private chart(panel: number, options: Pick<ChartOptions, "title" | "lines" | "format" | "log">): Chart {
        const chart = new Chart({
            ...options,
            height: 150,
            group: "overview",
            selected: (span) => this.view.zoom(span.start, span.end),
            doubleClicked: () => this.view.back(),
            shade: () => this.view.frozen ?? this.view.shown,
        });
        this.panels[panel]!.body.append(chart.root);
        return chart;
    }

    private async refresh(signal: AbortSignal): Promise<void> {
        const answer = await get<Activity>("api/v1/activity", { start: this.history?.times.at(-1) }, signal);
        this.history = this.history ? join(this.history, answer) : answer;
        this.panels.forEach((panel) => panel.answered());
        this.draw(this.history);
    }

    private draw(history: Activity): void {
        const { times } = history;
        const end = times.at(-1);
        if (end === undefined) return;
        const span = { start: Math.min(times[0]!, end - least), end };
        this.throughput.draw(span, times, [
            { key: "packets", label: "packets", values: history.packets_per_second },
            { key: "carriers", label: "carriers", values: history.carriers_per_second },
            { key: "heartbeats", label: "heartbeats", values: growth(history.heartbeats, times) },
        ]);
        this.age.draw(span, times, [
            { key: "p99", label: "p99", values: history.age_p99_seconds },
            { key: "p50", label: "p50", values: history.age_p50_seconds },
        ]);
        this.loss.draw(span, times, [
            { key: "lost", label: "lost/s", values: growth(history.lost, times) },
            { key: "missing", label: "missing", values: history.missing },
        ]);
    }
}

/** What a total grew by each second; nothing where it began again. */
function growth(totals: number[], times: number[]): Column {
    return totals.map((total, index) => {
        const before = totals[index - 1], from = times[index - 1], to = times[index];
        return before === undefined || from === undefined || to === undefined || total < before ? null : (total - before) / (to - from);
    });
}

function join(old: Activity, next: Activity): Activity {
    const joined = {} as Record<keyof Activity, unknown[]>;
    for (const name of Object.keys(old) as (keyof Activity)[]) joined[name] = [...old[name], ...next[name]].slice(-kept);
    return joined as unknown as Activity;
}
