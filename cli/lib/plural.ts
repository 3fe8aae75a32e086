/** `1 object`, `2 objects`. @param many the plural form @default the noun with an s */
export function plural(count: number, noun: string, many = `${noun}s`): string {
    return `${count} ${count === 1 ? noun : many}`;
}
