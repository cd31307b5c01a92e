package dev.engram.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Runs the command line in this process, as a shell would, and keeps what it printed. */
public final class Cli {
    private Cli() {}

    /** Exit code and both outputs of one run. */
    public record Result(int code, String out, String err) {
        /** The run must have ended well. */
        public Result ok() {
            assertEquals(0, code, err);
            return this;
        }

        /** Standard output, which must be one JSON object on one line. */
        public JsonObject json() {
            ok();
            assertEquals(1, out.lines().count(), out);
            return JsonParser.parseString(out).getAsJsonObject();
        }

        /** The run must have been refused with one sentence that holds these words, and with nothing on standard output. */
        public void refused(String... words) {
            assertEquals(2, code, err);
            assertEquals("", out);
            // a machine that needs seconds to open the model says so first
            List<String> said = err.lines()
                    .filter(line -> !line.startsWith("Opening the model '") && !line.startsWith("  still opening it"))
                    .toList();
            assertEquals(1, said.size(), err);
            assertTrue(said.get(0).startsWith("engram: "), err);
            assertFalse(err.contains("Exception"), err);
            for (String word : words) {
                assertTrue(err.contains(word), "'" + word + "' is not in: " + err);
            }
        }
    }

    /** With nothing to read from a pipe. */
    public static Result run(String... args) {
        return piped("", args);
    }

    /** With this text piped into standard input. */
    public static Result piped(String input, String... args) {
        return run(input, false, args);
    }

    /** With somebody typing these lines. */
    public static Result typed(String input, String... args) {
        return run(input, true, args);
    }

    private static Result run(String input, boolean terminal, String... args) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int code = Engram.run(streams(input, terminal, out, err, new Interrupt()), args);
        return new Result(code, text(out), text(err));
    }

    static Streams streams(String input, boolean terminal, OutputStream out, OutputStream err, Interrupt interrupt) {
        return Streams.of(
                new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)), terminal, out, err, interrupt);
    }

    static String text(ByteArrayOutputStream bytes) {
        return bytes.toString(StandardCharsets.UTF_8);
    }
}
