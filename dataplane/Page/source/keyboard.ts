import { byId } from "./dom";
import type { View } from "./view";

/** What can be done without a pointer; nothing while somebody types. */
export function listenToKeys(view: View): void {
    const actions: Record<string, () => void> = {
        " ": () => (view.isLive ? view.pause() : view.resume()),
        ArrowLeft: () => view.pan(-0.25),
        ArrowRight: () => view.pan(0.25),
        "+": () => view.scale(0.5),
        "-": () => view.scale(2),
        Backspace: () => view.back(),
        "/": () => byId("search").focus(),
    };
    document.addEventListener("keydown", (event) => {
        const target = event.target as HTMLElement;
        const isTaken = target.closest("input, select, button, summary, a") !== null;
        if (isTaken || event.ctrlKey || event.metaKey || event.altKey) return;
        const action = actions[event.key];
        if (!action) return;
        event.preventDefault();
        action();
    });
}
