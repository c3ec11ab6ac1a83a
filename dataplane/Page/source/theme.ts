// Colours for canvases, which know nothing of style sheets.

export interface Theme {
    ink: string;
    dim: string;
    rule: string;
    mark: string;
    shade: string;
    /** From few to many, for heat maps. */
    heat: string[];
    series: string[];
}

/** Lines that one chart can tell apart. */
export const seriesColours = 10;

let current: Theme | null = null;
const dark = matchMedia("(prefers-color-scheme: dark)");
const listeners: (() => void)[] = [];

dark.addEventListener("change", () => {
    current = null;
    listeners.forEach((listener) => listener());
});

export function onThemeChange(listener: () => void): void {
    listeners.push(listener);
}

export function theme(): Theme {
    if (current) return current;
    const style = getComputedStyle(document.documentElement);
    const read = (name: string): string => style.getPropertyValue(`--${name}`).trim();
    current = {
        ink: read("ink"),
        dim: read("dim"),
        rule: read("rule"),
        mark: read("mark"),
        shade: read("shade"),
        heat: [0, 1, 2, 3, 4].map((index) => read(`heat-${index}`)),
        series: Array.from({ length: seriesColours }, (_, index) => read(`series-${index}`)),
    };
    return current;
}
