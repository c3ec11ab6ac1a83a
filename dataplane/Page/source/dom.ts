// Elements without markup: what hosts send is only ever text.

type Child = Node | string | null | undefined;
type Properties<Tag extends keyof HTMLElementTagNameMap> = Partial<Omit<HTMLElementTagNameMap[Tag], "style">> & {
    class?: string;
    aria?: Record<string, string>;
};

export function element<Tag extends keyof HTMLElementTagNameMap>(
    tag: Tag, properties: Properties<Tag> = {}, ...children: Child[]
): HTMLElementTagNameMap[Tag] {
    const made = document.createElement(tag);
    const { class: className, aria, ...rest } = properties;
    if (className) made.className = className;
    for (const [name, value] of Object.entries(aria ?? {})) made.setAttribute(name === "role" ? name : `aria-${name}`, value);
    Object.assign(made, rest);
    made.append(...children.filter((child): child is Node | string => child !== null && child !== undefined));
    return made;
}

/** The element of index.html with an id. */
export function byId<Type extends HTMLElement>(id: string): Type {
    const found = document.getElementById(id);
    if (!found) throw new Error(`index.html has no element '${id}'`);
    return found as Type;
}

/** Changes a text only if it is another one: selections stay, and screen readers say only what is new. */
export function setText(target: HTMLElement, text: string): void {
    if (target.textContent !== text) target.textContent = text;
}

/** A table with named columns. */
export function table(columns: string[], rows: HTMLElement): HTMLElement {
    const head = element("tr", {}, ...columns.map((column) => element("th", { scope: "col" }, column)));
    return element("table", { class: "cards" }, element("thead", {}, head), rows);
}

/** What is longer than its place, reached by the keyboard too. */
export function scrolling(label: string, content: HTMLElement): HTMLElement {
    return element("div", { class: "scroll", tabIndex: 0, aria: { role: "region", label } }, content);
}

/**
 * Fills a table's body; `labels` name the cells where a narrow screen shows rows as cards. Rows that say what they said stay, with
 * the focus and the selection in them.
 */
export function fillRows(body: HTMLElement, labels: string[], rows: Child[][], empty: string): void {
    const made = rows.length > 0
        ? rows.map((cells) => rowOf(labels, cells))
        : [element("tr", { class: "empty" }, element("td", { colSpan: labels.length }, empty))];
    made.forEach((row, index) => {
        const old = body.children[index];
        if (!old) body.append(row);
        else if (textOf(old) !== textOf(row)) old.replaceWith(row);
    });
    while (body.children.length > made.length) body.lastElementChild!.remove();
}

function rowOf(labels: string[], cells: Child[]): HTMLElement {
    return element("tr", {}, ...cells.map((cell, index) => {
        const made = element("td", {}, cell);
        made.dataset["label"] = labels[index] ?? "";
        return made;
    }));
}

function textOf(row: Element): string {
    return [...row.children].map((cell) => cell.textContent).join("\n");
}
