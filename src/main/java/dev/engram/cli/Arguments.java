package dev.engram.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Arguments as they were typed. In a locale without UTF-8 (LC_ALL=C in containers) Java replaces every other byte of its
 * arguments; Linux keeps the bytes.
 */
final class Arguments {
    private static final char BROKEN = '\uFFFD';

    private Arguments() {}

    /** The same arguments, read again as UTF-8 if some were damaged and the system tells them. */
    static String[] repaired(String[] args) {
        if (Arrays.stream(args).noneMatch(a -> a.indexOf(BROKEN) >= 0)) {
            return args;
        }
        try {
            return fromCommandLine(Files.readAllBytes(Path.of("/proc/self/cmdline")), args);
        } catch (IOException e) {
            return args;
        }
    }

    /**
     * The last arguments of a command line.
     *
     * @param bytes each argument followed by a zero byte
     * @param args as Java gave them; only their number matters
     */
    static String[] fromCommandLine(byte[] bytes, String[] args) {
        String[] all = new String(bytes, StandardCharsets.UTF_8).split("\0", -1);
        int end = all.length - 1;
        return end < args.length ? args : Arrays.copyOfRange(all, end - args.length, end);
    }
}
