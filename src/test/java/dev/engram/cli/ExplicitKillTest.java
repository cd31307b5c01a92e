package dev.engram.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.explicit.ReferenceBank;
import dev.engram.explicit.ReferenceWriter;
import dev.engram.model.CausalLm;
import dev.engram.model.LoadOptions;
import dev.engram.model.LoadOptions.DType;
import dev.engram.model.TinyModel;
import dev.engram.report.FileTree;
import dev.engram.retrieve.Embedders;
import dev.engram.retrieve.IndexStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code explicit write} is killed at random moments and run again: each reference is there once, as if nothing had happened. */
class ExplicitKillTest {
    /** Shards are of 64. */
    private static final int REFERENCES = 200;

    @TempDir
    private Path folder;

    private String model;
    private Path texts;

    @BeforeEach
    void prepare() throws IOException {
        model = TinyModel.write(folder.resolve("tiny"), 1024, TinyModel.END_OF_TURN)
                .toString();
        texts = folder.resolve("texts.jsonl");
        Files.write(
                texts,
                IntStream.range(0, REFERENCES)
                        .mapToObj(i ->
                                "{\"id\": \"r" + i + "\", \"text\": \"Ship " + i + " sails on day " + i * i + ".\"}")
                        .toList());
    }

    /** The command in a process of its own. */
    private Process write(Path bank) throws IOException {
        List<String> command = List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-cp",
                System.getProperty("java.class.path"),
                Engram.class.getName(),
                "explicit",
                "write",
                "--references",
                texts.toString(),
                "--bank",
                bank.toString(),
                "--model",
                model,
                "--dtype",
                "f32",
                "--threads",
                "1");
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("said").toFile())
                .start();
    }

    private void finish(Path bank) throws IOException, InterruptedException {
        Process process = write(bank);
        try {
            assertTrue(process.waitFor(5, TimeUnit.MINUTES), "it goes on for ever");
        } finally {
            process.destroyForcibly();
        }
        assertEquals(0, process.exitValue(), Files.readString(folder.resolve("said")));
    }

    @Test
    void aFewTimes() throws IOException, InterruptedException {
        killed(2, 1);
    }

    @Test
    @Tag("long")
    void manyTimes() throws IOException, InterruptedException {
        killed(30, 2);
    }

    private void killed(int times, long seed) throws IOException, InterruptedException {
        Path whole = folder.resolve("whole");
        finish(whole);
        Path bank = folder.resolve("bank");
        Random random = new Random(seed);
        List<Integer> sizes = new ArrayList<>();
        for (int i = 0; i < times; i++) {
            // most of a run is the start of the JVM: let it begin to add rows, or to hand in shards, and strike then
            int rows = Math.max(1, lines(bank.resolve("index.tsv")));
            long journal = bytes(bank);
            boolean whileEmbedding = i % 2 == 0;
            Process process = write(bank);
            try {
                while (process.isAlive()
                        && (whileEmbedding ? bytes(bank) == journal : lines(bank.resolve("index.tsv")) <= rows)) {
                    Thread.sleep(1);
                }
                Thread.sleep(random.nextInt(whileEmbedding ? 1000 : 60));
            } finally {
                process.destroyForcibly().waitFor();
            }
            sizes.add(check(bank));
            if (sizes.get(i) == REFERENCES) {
                FileTree.delete(bank); // it was faster: begin again
            }
        }
        System.out.println("references after each kill: " + sizes);
        finish(bank);
        assertEquals(REFERENCES, check(bank));
        assertEquals(files(whole).keySet(), files(bank).keySet(), "nothing is left over");
        files(whole)
                .forEach((name, bytes) -> assertArrayEquals(bytes, files(bank).get(name), name));
        try (IndexStore index =
                IndexStore.open(bank.resolve("vectors"), Embedders.english().dimension())) {
            assertEquals(REFERENCES, index.size(), "rows of the retrieval index");
        }
        String info =
                Cli.run("explicit", "info", "--bank", bank.toString()).ok().out();
        assertTrue(info.contains("references       " + REFERENCES), info);
    }

    /** What the bank holds now: the first shards, each reference once, every memory whole. */
    private int check(Path bank) {
        if (!ReferenceBank.present(bank)) {
            return 0;
        }
        try (CausalLm lm = CausalLm.open(
                        model, LoadOptions.defaults().withDtype(DType.F32).withThreads(1));
                ReferenceBank opened = ReferenceBank.open(bank, new ReferenceWriter(lm, ReferenceBank.config(bank)))) {
            List<String> ids = opened.ids();
            for (int i = 0; i < ids.size(); i++) {
                assertEquals("r" + i, ids.get(i));
                assertEquals("Ship " + i + " sails on day " + i * i + ".", opened.text(ids.get(i)));
                opened.memory(ids.get(i));
            }
            return ids.size();
        }
    }

    private static int lines(Path file) {
        try {
            return (int) Files.readString(file).chars().filter(c -> c == '\n').count();
        } catch (IOException e) {
            return 0; // not there yet
        }
    }

    /** Of the journal of the retrieval index, which is written before the bank. */
    private static long bytes(Path bank) {
        try {
            return Files.size(bank.resolve("vectors/journal-0"));
        } catch (IOException e) {
            return 0;
        }
    }

    /** The bank's own files; the journal of the index tells how often it was interrupted. */
    private static TreeMap<String, byte[]> files(Path bank) {
        TreeMap<String, byte[]> all = new TreeMap<>();
        try (Stream<Path> list = Files.list(bank)) {
            for (Path file : list.filter(Files::isRegularFile).toList()) {
                all.put(file.getFileName().toString(), Files.readAllBytes(file));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return all;
    }
}
