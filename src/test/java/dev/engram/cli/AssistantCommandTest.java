package dev.engram.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code assistant}: conversations, profile, history, deletion and export, without a language model. */
class AssistantCommandTest {
    @TempDir
    Path folder;

    private Cli.Result run(String... args) {
        String[] all = new String[args.length + 3];
        all[0] = "assistant";
        System.arraycopy(args, 0, all, 1, args.length);
        all[args.length + 1] = "--user";
        all[args.length + 2] = folder.resolve("ada").toString();
        return Cli.run(all);
    }

    @Test
    void oneConversationIsRememberedInTheNext() throws IOException {
        run("--quote", "--date", "2026-03-01", "--say", "My cat is called Fern.", "--say", "Where do I live?")
                .ok();
        JsonObject reply = run("--quote", "--date", "2026-04-01", "--json", "--say", "What is my cat called?")
                .json();
        assertEquals("memory", reply.get("kind").getAsString());
        JsonObject source = reply.getAsJsonArray("sources").get(0).getAsJsonObject();
        assertEquals("2026-03-01", source.get("date").getAsString());
        assertEquals(1, source.get("turn").getAsInt());
        String profile = run("profile", "--date", "2026-04-01").ok().out();
        assertTrue(profile.contains("m1  2026-03-01  long-term  turn 1  cat: Fern"), profile);
        assertTrue(run("history", "--date", "2026-04-01").ok().out().contains("you: Where do I live?"));
        assertEquals(3, run("export").json().getAsJsonArray("turns").size());
        run("forget", "m1").ok();
        assertFalse(run("export").ok().out().contains("Fern"));
        assertFalse(Files.readString(folder.resolve("ada/memory.jsonl")).contains("Fern"));
    }

    @Test
    void linesComeFromThePipe() {
        Cli.Result result = Cli.piped(
                "My cat is called Fern.\n\nWhat is my cat called?\n/quit\nnever read\n",
                "assistant",
                "--quote",
                "--user",
                folder.toString());
        assertEquals(3, result.ok().out().lines().count(), result.out());
        assertTrue(result.out().contains("[m1] turn 1, "), result.out());
    }

    @Test
    void whatCannotBeUsedIsRefused() throws IOException {
        Cli.run("assistant", "--quote").refused("--user");
        Cli.run("assistant", "profile").refused("--user");
        run("--quote", "--say", "x", "--date", "tomorrow").refused("--date", "tomorrow");
        run("--quote", "--say", "x", "--domain", "cooking").refused("cooking", "law, medicine or tutoring");
        run("forget", "m7").refused("m7");
        Files.writeString(folder.resolve("ada/memory.jsonl"), "not ours");
        run("profile").refused("memory.jsonl", "damaged");
    }

    @Test
    @Tag("default-model")
    void theModelReadsItsMemory() {
        run("--threads", "1", "--date", "2026-03-01", "--say", "Today I weigh 58 kg.")
                .ok();
        JsonObject reply = run("--threads", "1", "--date", "2026-03-02", "--json", "--say", "What is my weight?")
                .json();
        assertTrue(reply.get("text").getAsString().contains("58 kg"), reply.toString());
        assertTrue(reply.get("text").getAsString().contains("[m1]"), reply.toString());
    }
}
