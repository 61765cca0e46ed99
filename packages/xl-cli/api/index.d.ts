export const EXIT: {
    readonly success: 0;
    readonly failure: 1;
    readonly usage: 2;
};

export function runXl(args: readonly string[], surroundings: Surroundings): Promise<number>;

export interface Surroundings {
    readonly colours?: boolean;
    columns?(): number | undefined;
    err(text: string): void;
    out(text: string): void;
    readonly signal: AbortSignal;
    readonly stderrIsTerminal: boolean;
}
