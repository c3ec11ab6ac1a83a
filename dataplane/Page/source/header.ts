import type { Summary } from "./answers";
import { connection } from "./api";
import { byId, element, setText } from "./dom";
import { clock, count, digitsOf, duration, number, percent } from "./format";
import type { View } from "./view";

/** The top of the page: whether all of this is alive, which time is shown, and how to look at another one. */
export class Header {
    private readonly status = byId("status");
    private readonly time = byId("time");
    private readonly pause = byId<HTMLButtonElement>("pause");
    private readonly back = byId<HTMLButtonElement>("back");
    private readonly host = byId<HTMLSelectElement>("host");
    private summary: Summary | null = null;

    constructor(private readonly view: View) {
        this.pause.addEventListener("click", () => (view.isLive ? view.pause() : view.resume()));
        this.back.addEventListener("click", () => view.back());
        byId("closer").addEventListener("click", () => view.scale(0.5));
        byId("wider").addEventListener("click", () => view.scale(2));
        byId("earlier").addEventListener("click", () => view.pan(-0.5));
        byId("later").addEventListener("click", () => view.pan(0.5));
        this.host.addEventListener("change", () => view.select({ host: this.host.value }));
        connection.onChange = () => this.showStatus();
        this.showTime();
    }

    show(summary: Summary): void {
        this.summary = summary;
        this.showStatus();
        this.showHosts(summary.hosts.filter((host) => host.instance !== "0".repeat(16)).map((host) => host.name));
        setText(byId("version"), summary.version.split("+")[0] ?? "");
        setText(byId("packets"), `${number(summary.packets_per_second)}/s`);
        setText(byId("carriers"), `${number(summary.carriers_per_second)}/s`);
        setText(byId("share"), summary.packets_per_second > 0 ? `${percent(summary.carriers_per_second / summary.packets_per_second)} of packets` : "");
        setText(byId("records"), `${number(summary.records_per_second)}/s`);
        setText(byId("series"), `${count(summary.series)} series`);
        setText(byId("age"), duration(summary.age_p99_seconds));
        setText(byId("age-p50"), `p50 ${duration(summary.age_p50_seconds)}`);
        setText(byId("lost"), count(summary.totals.lost));
        setText(byId("missing"), `of ${number(summary.totals.trailers)} trailers`);
    }

    /** Says which time the charts show. */
    showTime(): void {
        const { view } = this;
        const span = view.frozen ?? view.shown;
        const seconds = span ? span.end - span.start : view.length;
        const step = `step ${duration(view.step)}`;
        setText(this.time, view.frozen
            ? `${clock(view.frozen.start, digitsOf(seconds / 100))} + ${duration(seconds)}, ${step}`
            : `last ${duration(view.length)}, ${step}`);
        setText(this.pause, view.isLive ? "Pause" : "Live");
        this.back.disabled = view.isLive;
        document.body.classList.toggle("frozen", !view.isLive);
    }

    private showStatus(): void {
        const [state, text] = this.state();
        this.status.dataset["state"] = state;
        setText(this.status, text);
        document.body.classList.toggle("lost", connection.isLost);
    }

    private state(): [string, string] {
        if (connection.isLost) {
            const since = connection.lastAnswer === 0 ? "" : ` since ${clock(connection.lastAnswer / 1e3)}`;
            return ["bad", `no answer${since}`];
        }
        if (!this.summary) return ["wait", "asking"];
        return this.summary.ready ? ["good", "live"] : ["bad", "the dataplane is silent"];
    }

    private showHosts(names: string[]): void {
        const all = [...new Set([...names, this.view.host].filter((name) => name !== ""))].sort();
        if (this.host.options.length !== all.length + 1 || all.some((name, index) => this.host.options[index + 1]?.value !== name))
            this.host.replaceChildren(element("option", { value: "" }, "all hosts"), ...all.map((name) => element("option", { value: name }, name)));
        this.host.value = this.view.host;
    }
}
