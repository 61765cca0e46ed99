import { createColors } from 'picocolors';

/** Colours for stderr, where it is a terminal that may have them. */
export const styles = ({ colours }: { readonly colours: boolean }) => createColors(colours);
