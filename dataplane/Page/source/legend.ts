import { element, setText } from "./dom";

export interface LegendEntry {
    slot: number;
    label: string;
    title: string;
    value: string;
}

/** Names and values of a chart's lines, as buttons that hide and show them. */
export class Legend {
    readonly root = element("ul", { class: "legend" });
    private readonly items: { button: HTMLButtonElement; name: HTMLElement; value: HTMLElement }[] = [];

    constructor(slots: number, private readonly toggled: (slot: number) => void) {
        for (let slot = 0; slot < slots; slot++) {
            const name = element("span", { class: "name" }), value = element("span", { class: "value" });
            const button = element("button", { type: "button", class: `line series-${slot}`, aria: { pressed: "true" } }, name, value);
            button.addEventListener("click", () => this.toggled(slot));
            this.items.push({ button, name, value });
            this.root.append(element("li", { hidden: true }, button));
        }
    }

    /** Shows entries in their order; slots without one disappear. */
    show(entries: LegendEntry[], hidden: Set<number>): void {
        const used = new Set(entries.map((entry) => entry.slot));
        this.items.forEach((item, slot) => {
            item.button.parentElement!.hidden = !used.has(slot);
            item.button.setAttribute("aria-pressed", String(!hidden.has(slot)));
        });
        entries.forEach((entry, order) => {
            const item = this.items[entry.slot]!;
            item.button.parentElement!.style.order = String(order);
            item.button.title = entry.title;
            setText(item.name, entry.label);
            setText(item.value, entry.value);
        });
    }

    setValue(slot: number, value: string): void {
        setText(this.items[slot]!.value, value);
    }
}
