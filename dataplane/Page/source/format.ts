// Numbers, durations and times as people read them.

import type { Labels, SeriesEntry } from "./answers";

const sizes = [["T", 1e12], ["G", 1e9], ["M", 1e6], ["k", 1e3]] as const;

/** Three significant digits. */
function short(value: number): string {
    const size = Math.abs(value);
    return value.toFixed(size >= 100 || size === 0 ? 0 : size >= 10 ? 1 : 2).replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, "");
}

export function number(value: number): string {
    const found = sizes.find(([, factor]) => Math.abs(value) >= factor);
    if (found) return `${short(value / found[1])} ${found[0]}`;
    if (value !== 0 && Math.abs(value) < 0.01) return value.toPrecision(2);
    return short(value);
}

export function count(value: number): string {
    return Math.round(value).toString().replace(/\B(?=(\d{3})+$)/g, ",");
}

export function duration(seconds: number | null): string {
    if (seconds === null) return "–";
    const size = Math.abs(seconds);
    if (size === 0) return "0 s";
    if (size < 0.9995e-6) return `${short(seconds * 1e9)} ns`;
    if (size < 0.9995e-3) return `${short(seconds * 1e6)} µs`;
    if (size < 0.9995) return `${short(seconds * 1e3)} ms`;
    if (size < 120) return `${short(seconds)} s`;
    if (size < 7200) return `${short(seconds / 60)} min`;
    return `${short(seconds / 3600)} h`;
}

export function bytes(value: number): string {
    return `${number(value)}${Math.abs(value) < 1e3 ? " " : ""}B`;
}

export function percent(share: number): string {
    return `${short(share * 100)} %`;
}

/** Time of day with so many digits of a second. */
export function clock(time: number, digits = 0): string {
    const scale = 10 ** digits;
    const rounded = Math.round(time * scale) / scale;
    const whole = Math.floor(rounded);
    const date = new Date(whole * 1e3);
    const text = [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, "0")).join(":");
    return digits === 0 ? text : `${text}.${String(Math.round((rounded - whole) * scale)).padStart(digits, "0")}`;
}

/** Digits of a second that tell two times apart which differ by `step` seconds. */
export function digitsOf(step: number): number {
    return step >= 1 ? 0 : Math.min(6, Math.ceil(-Math.log10(step) - 1e-3));
}

/** How values of a metric are written, by what its name says of its unit. */
export function unitOf(name: string, kind: SeriesEntry["kind"]): (value: number) => string {
    const isRate = kind === "counter";
    const base = name.replace(/_total$/, "");
    if (base.endsWith("_seconds")) return isRate ? (value) => `${number(value)} s/s` : duration;
    if (base.endsWith("_bytes") || base.endsWith("_bytes_per_second")) return isRate ? (value) => `${bytes(value)}/s` : bytes;
    if (base.endsWith("_ratio")) return percent;
    return isRate ? (value) => `${number(value)}/s` : number;
}

/** `name{label="value"}`, without labels that are left out. */
export function selector(name: string, labels: Labels, without: string[] = []): string {
    const pairs = Object.entries(labels).filter(([label]) => !without.includes(label)).map(([label, value]) => `${label}=${JSON.stringify(value)}`);
    return pairs.length > 0 ? `${name}{${pairs.join(",")}}` : name;
}

/** The parts of a selector; null when it is none. */
export function parseSelector(text: string): { name: string; labels: Labels } | null {
    const match = /^\s*([A-Za-z_:][\w:]*\*?)\s*(?:\{(.*)\})?\s*$/.exec(text);
    if (!match?.[1]) return null;
    const labels: Labels = {};
    const pair = /\s*([A-Za-z_]\w*)\s*=\s*("(?:[^"\\]|\\.)*")\s*(?:,|$)/y;
    const inside = match[2] ?? "";
    while (pair.lastIndex < inside.length) {
        const found = pair.exec(inside);
        if (!found?.[1] || !found[2]) return null;
        try {
            labels[found[1]] = JSON.parse(found[2]) as string;
        } catch {
            return null;
        }
    }
    return { name: match[1], labels };
}
