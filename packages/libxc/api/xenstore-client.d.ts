interface Channel {
    close(): Promise<void>;
    keepAlive(alive: boolean): void;
    send(bytes: Uint8Array): void;
}

interface ChannelEvents {
    ended(reason: Error): void;
    received(bytes: Uint8Array): void;
}

type MessageName = keyof typeof XS;

export class NodeAccess {
    constructor(requests: Requests, transactionId: number);
    directory(path: string): Promise<string[]>;
    getPermissions(path: string): Promise<string[]>;
    mkdir(path: string): Promise<void>;
    read(path: string): Promise<string>;
    readBytes(path: string): Promise<Uint8Array>;
    protected readonly requests: Requests;
    rm(path: string): Promise<void>;
    setPermissions(path: string, permissions: readonly string[]): Promise<void>;
    write(path: string, value: string | Uint8Array): Promise<void>;
}

interface Request_2 {
    readonly name: MessageName;
    readonly path?: string | undefined;
    readonly payload: Uint8Array;
    readonly transactionId?: number;
}

declare class Requests implements ChannelEvents {
    constructor(events: RequestsEvents);
    close(): Promise<void>;
    ended(reason: Error): void;
    listen(listening: boolean): void;
    perform(input: Request_2): Promise<Uint8Array>;
    received(bytes: Uint8Array): void;
    use(channel: Channel): void;
}

interface RequestsEvents {
    ended(): void;
    watchFired(path: string, token: string): void;
}

export class XenstoreClient extends NodeAccess {
    close(): Promise<void>;
    static connect(path: string): Promise<XenstoreClient>;
    control(command: string, ...parameters: readonly string[]): Promise<string>;
    domainPath(domid: number): Promise<string>;
    introduce(domid: number, gfn: number, port: number): Promise<void>;
    isIntroduced(domid: number): Promise<boolean>;
    static over(open: (events: ChannelEvents) => Promise<Channel> | Channel): Promise<XenstoreClient>;
    release(domid: number): Promise<void>;
    resume(domid: number): Promise<void>;
    setTarget(domid: number, target: number): Promise<void>;
    transaction<T>(steps: (store: NodeAccess) => Promise<T>): Promise<T>;
    watch(path: string, callback: (path: string) => void): Promise<XenstoreWatch>;
}

export interface XenstoreWatch {
    close(): Promise<void>;
}

declare const XS: {
    readonly CONTROL: 0;
    readonly DIRECTORY: 1;
    readonly READ: 2;
    readonly GET_PERMS: 3;
    readonly WATCH: 4;
    readonly UNWATCH: 5;
    readonly TRANSACTION_START: 6;
    readonly TRANSACTION_END: 7;
    readonly INTRODUCE: 8;
    readonly RELEASE: 9;
    readonly GET_DOMAIN_PATH: 10;
    readonly WRITE: 11;
    readonly MKDIR: 12;
    readonly RM: 13;
    readonly SET_PERMS: 14;
    readonly WATCH_EVENT: 15;
    readonly ERROR: 16;
    readonly IS_DOMAIN_INTRODUCED: 17;
    readonly RESUME: 18;
    readonly SET_TARGET: 19;
    readonly RESET_WATCHES: 21;
    readonly DIRECTORY_PART: 22;
    readonly GET_FEATURE: 23;
    readonly SET_FEATURE: 24;
    readonly GET_QUOTA: 25;
    readonly SET_QUOTA: 26;
};
