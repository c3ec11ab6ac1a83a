import { Anomalies } from "./anomalies";
import type { Summary } from "./answers";
import { get } from "./api";
import { Catalogue } from "./catalogue";
import { Explorer } from "./explorer";
import { Header } from "./header";
import { HeatMap } from "./heatmap";
import { Hosts } from "./hosts";
import { listenToKeys } from "./keyboard";
import { marks } from "./marks";
import { Overview } from "./overview";
import { Poll } from "./poll";
import { cgroupName, processName, Top } from "./top";
import { Triggers } from "./triggers";
import { View } from "./view";

const view = new View();
const header = new Header(view);
const hosts = new Hosts();
const catalogue = new Catalogue();
const overview = new Overview(view);

const shown = (): void => {
    header.showTime();
    overview.charts.forEach((chart) => chart.redraw());
};
const processes = new Top("processes", "CPU cores by process", "process_cpu_time_seconds_total", view, processName, shown);
const cgroups = new Top("cgroups", "CPU cores by cgroup", "opptel_cgroup_cpu_time_seconds_total", view, cgroupName, shown);
const explorer = new Explorer(view, catalogue);
const charts = [...overview.charts, processes, cgroups, explorer];
const anomalies = new Anomalies(view, () => charts.forEach((chart) => chart.redraw()));
const heat = new HeatMap(view);
const triggers = new Triggers(view);

const summary = new Poll(
    async (signal) => {
        const answer = await get<Summary>("api/v1/summary", {}, signal);
        marks.now = answer.time;
        header.show(answer);
        hosts.panel.answered();
        hosts.show(answer);
    },
    () => 1000,
    (error) => hosts.panel.failed(error),
);

view.onChange(() => header.showTime());
listenToKeys(view);
for (const poll of [summary, overview.poll, processes.poll, cgroups.poll, explorer.poll, anomalies.poll, heat.poll, triggers.poll]) poll.now();
