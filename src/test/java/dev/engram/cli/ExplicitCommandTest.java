package dev.engram.cli;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.model.TinyModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code explicit write}, {@code ask} and {@code info} on a small random model. */
class ExplicitCommandTest {
    @TempDir
    private Path folder;

    private String model;
    private Path texts;
    private String bank;

    @BeforeEach
    void prepare() throws IOException {
        model = TinyModel.write(folder.resolve("tiny"), 1024, TinyModel.END_OF_TURN)
                .toString();
        texts = Files.writeString(
                folder.resolve("texts.txt"),
                "Orskerry exports whale oil.\n\nThe flag of Ilumoa shows\na black anchor.\n");
        bank = folder.resolve("bank").toString();
    }

    private Cli.Result write(Path file, String... more) {
        String[] args = {
            "explicit", "write", "--references", file.toString(), "--bank", bank, "--model", model, "--dtype"
        };
        return Cli.run(join(join(args, "f32"), more));
    }

    private static String[] join(String[] a, String... b) {
        String[] all = java.util.Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, all, a.length, b.length);
        return all;
    }

    private Cli.Result ask(String question, String... options) {
        String[] all = {
            "explicit",
            "ask",
            "--bank",
            bank,
            "--question",
            question,
            "--model",
            model,
            "--dtype",
            "f32",
            "--memories",
            "1",
            "--max_tokens",
            "4"
        };
        return Cli.run(join(all, options));
    }

    @Test
    void aBankIsWrittenOnceAndAsked() throws IOException {
        assertTrue(write(texts).ok().out().contains("2 references written, 2 in"));
        assertTrue(write(texts).ok().out().contains("0 references written, 2 in"), "what is there is left");
        String said = ask("What does the flag of Ilumoa show?").ok().out();
        assertTrue(said.contains("texts.txt#2 (The flag of Ilumoa shows a black anchor.)"), said);
        String weighed = ask("What does the flag of Ilumoa show?", "--integration", "0.05")
                .ok()
                .out();
        assertTrue(weighed.contains("texts.txt#2 ("), weighed);
        String info = Cli.run("explicit", "info", "--bank", bank).ok().out();
        assertTrue(info.matches("(?s)references +2\nmemory layers +last_half\ntokens a head +8\n.*"), info);
    }

    @Test
    void memoriesCanBeStoredAsCodes() throws IOException {
        assertTrue(write(texts, "--codec", "int4").ok().out().contains("2 references written, 2 in"));
        assertTrue(write(texts, "--codec", "int4").ok().out().contains("0 references written, 2 in"));
        assertTrue(ask("What does the flag of Ilumoa show?").ok().out().contains("texts.txt#2 (The flag"));
        String info = Cli.run("explicit", "info", "--bank", bank).ok().out();
        assertTrue(info.contains("stored as        int4 codes"), info);
        write(texts, "--codec", "int8").refused("int8", "int4");
        write(texts, "--codec", "zip").refused("zip", "memory3");
    }

    @Test
    void longTextsAreCutWhereSentencesEnd() throws IOException {
        Path file = folder.resolve("long.jsonl");
        String sentence = "The ship sails to the island once more and then again. ";
        Files.writeString(
                file, "{\"id\": \"a\", \"text\": \"" + sentence.repeat(5).strip() + "\"}\n");
        assertTrue(write(file).ok().out().contains("3 references written"), "two sentences of 55 bytes fit into 128");
    }

    @Test
    void badInputIsRefusedInOneSentence() throws IOException {
        ask("Where?").refused("holds no bank of references");
        write(folder.resolve("none.txt")).refused("none.txt", "cannot be read");
        Path empty = Files.writeString(folder.resolve("empty.txt"), "\n\n");
        write(empty).refused("holds no reference");
        Path broken = Files.writeString(folder.resolve("broken.jsonl"), "{\"id\": \"a\", \"text\": \"b\"}\n{\"id\":\n");
        write(broken).refused("line 2");
        Path file = Files.writeString(folder.resolve("a file"), "");
        String former = bank;
        for (Path place : List.of(file, file.resolve("below"), Path.of("/proc/bank"))) {
            bank = place.toString();
            write(texts).refused(bank, "cannot be written", "check the folder");
        }
        bank = former;
        write(texts, "--spark", "local[2]").refused("--spark is 'local[2]'", "./engram explicit write");
        assertFalse(Files.exists(Path.of(bank)), "nothing half-written");
        write(texts, "--layers", "best").refused("best", "last_half");
        write(texts, "--rule", "best").refused("best", "attention");
        write(texts).ok();
        write(texts, "--tokens", "4").refused("8 tokens", "4 tokens");
        ask(" ").refused("--question");
        ask("Where?", "--integration", "0").refused("temperature", "is 0.0", "above 0");
        Path index = Path.of(bank, "vectors", "index.json");
        Files.writeString(index, "x");
        ask("Where?").refused("index.json", "give another folder");
        Files.delete(index);
        Files.writeString(Path.of(bank, "vectors", "journal-0"), "no journal\nat all\n");
        ask("Where?").refused("journal-0", "is damaged");
    }
}
