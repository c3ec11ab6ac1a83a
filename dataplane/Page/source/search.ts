import type { SeriesEntry } from "./answers";
import type { Catalogue } from "./catalogue";
import { byId, element } from "./dom";
import { count, selector } from "./format";

const most = 40;

/** A box that finds metrics and series by words in their names and labels. */
export class Search {
    private readonly input = byId<HTMLInputElement>("search");
    private readonly results = byId("results");
    private entries: SeriesEntry[] = [];

    /** @param chosen Gets a selector. */
    constructor(private readonly catalogue: Catalogue, private readonly chosen: (text: string) => void, private readonly failed: (error: unknown) => void) {
        this.input.addEventListener("focus", () => void this.load());
        this.input.addEventListener("input", () => this.show());
        this.input.addEventListener("keydown", (event) => this.pressed(event));
        this.results.addEventListener("keydown", (event) => this.pressed(event));
        document.addEventListener("pointerdown", (event) => {
            if (!this.results.parentElement!.contains(event.target as Node)) this.close();
        });
    }

    set value(text: string) {
        if (document.activeElement !== this.input) this.input.value = text;
    }

    private async load(): Promise<void> {
        this.input.select();
        try {
            this.entries = await this.catalogue.load(AbortSignal.timeout(15_000));
        } catch (error) {
            this.failed(error);
            return;
        }
        if (document.activeElement === this.input) this.show();
    }

    private show(): void {
        const found = find(this.entries, this.input.value).slice(0, most);
        this.results.replaceChildren(...found.map((text) => {
            const button = element("button", { type: "button" }, text);
            button.addEventListener("click", () => this.choose(text));
            return element("li", {}, button);
        }));
        if (this.catalogue.isTruncated) this.results.append(element("li", { class: "note" }, `Only the first ${count(this.entries.length)} series are searched; a whole name finds any.`));
        this.results.hidden = found.length === 0;
        this.input.setAttribute("aria-expanded", String(found.length > 0));
    }

    private choose(text: string): void {
        this.close();
        this.input.value = text;
        this.chosen(text);
    }

    private close(): void {
        this.results.hidden = true;
        this.input.setAttribute("aria-expanded", "false");
    }

    private pressed(event: KeyboardEvent): void {
        const places: HTMLElement[] = [this.input, ...this.results.querySelectorAll("button")];
        const at = places.indexOf(document.activeElement as HTMLElement);
        if (event.key === "ArrowDown" || event.key === "ArrowUp") {
            places[at + (event.key === "ArrowDown" ? 1 : -1)]?.focus();
        } else if (event.key === "Escape") {
            this.input.focus();
            this.close();
        } else if (event.key === "Enter" && at === 0) {
            this.choose(this.input.value.trim());
        } else {
            return;
        }
        event.preventDefault();
        event.stopPropagation();
    }
}

/** Names of metrics first, then single series; every word has to be in it. */
function find(entries: SeriesEntry[], text: string): string[] {
    const words = text.toLowerCase().split(/[\s{},"=]+/).filter((word) => word !== "");
    const holds = (candidate: string): boolean => words.every((word) => candidate.toLowerCase().includes(word));
    const lines = entries.filter((entry) => entry.kind === "counter" || entry.kind === "gauge");
    const names = [...new Set(lines.map((entry) => entry.name))].filter(holds).sort();
    const series: string[] = [];
    for (const entry of words.length > 0 ? lines : []) {
        const candidate = selector(entry.name, entry.labels);
        if (holds(candidate)) series.push(candidate);
        if (series.length >= most) break;
    }
    return [...names.slice(0, most / 2), ...series];
}
