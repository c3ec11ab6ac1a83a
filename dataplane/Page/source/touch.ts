import type uPlot from "uplot";

/** Pixels below which a drag is a tap. */
export const shortestDrag = 6;

/** Fingers do what the mouse does: a tap shows values, a sideways drag selects. Up and down scrolls the page. */
export function listenToTouch(plot: uPlot, selected: (from: number, to: number) => void): void {
    const over = plot.over;
    let begin: number | null = null;
    const place = (event: PointerEvent): number => {
        const box = over.getBoundingClientRect();
        plot.setCursor({ left: event.clientX - box.left, top: event.clientY - box.top }, true);
        return Math.max(0, Math.min(box.width, event.clientX - box.left));
    };
    over.addEventListener("pointerdown", (event) => {
        if (event.pointerType === "mouse") return;
        begin = place(event);
    });
    over.addEventListener("pointermove", (event) => {
        if (begin === null) return;
        const left = place(event);
        plot.setSelect({ left: Math.min(begin, left), width: Math.abs(left - begin), top: 0, height: over.clientHeight }, false);
    });
    over.addEventListener("pointercancel", () => {
        begin = null;
        plot.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
    });
    over.addEventListener("pointerup", (event) => {
        if (begin === null) return;
        const from = Math.min(begin, place(event)), to = Math.max(begin, place(event));
        begin = null;
        plot.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
        if (to - from >= shortestDrag) selected(from, to);
    });
}
