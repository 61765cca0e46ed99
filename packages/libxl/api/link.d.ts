export type AgentPlan = {
    readonly send: LinkPlan;
} | {
    readonly receive: ReceivePlan;
};

interface Command {
    readonly args: readonly string[];
    readonly command: string;
}

interface LinkPlan {
    readonly bytesPerSecond?: number;
    readonly compress: boolean;
    readonly first: Command;
    readonly id: string;
    readonly join: Command;
    readonly patienceMs: number;
    readonly streams: number;
}

interface ReceivePlan {
    readonly id: string;
    readonly receiver: Command;
    readonly socket: string;
}
