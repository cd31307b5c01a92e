package dev.engram.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import dev.engram.model.TinyModel;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code perplexity} on a tiny model whose tokens are bytes. */
class PerplexityCommandTest {
    private static final String TEXT = "A sea wall, a lamp and the tide.\n";

    @TempDir
    private static Path folder;

    private static String model;

    @BeforeAll
    static void writeModel() throws IOException {
        model = TinyModel.write(folder.resolve("tiny")).toString();
    }

    private static String file(String name, byte[] bytes) throws IOException {
        return Files.write(folder.resolve(name), bytes).toString();
    }

    private static Cli.Result perplexity(String file, String... more) {
        String[] args = new String[7 + more.length];
        System.arraycopy(
                new String[] {"perplexity", "--model", model, "--dtype", "f32", "--file", file}, 0, args, 0, 7);
        System.arraycopy(more, 0, args, 7, more.length);
        return Cli.run(args);
    }

    private static double[] doubles(JsonObject json, String field) {
        return json.getAsJsonArray(field).asList().stream()
                .mapToDouble(e -> e.getAsDouble())
                .toArray();
    }

    @Test
    void jsonHoldsEveryTokenAndItsLogProbability() throws IOException {
        byte[] bytes = TEXT.getBytes(StandardCharsets.UTF_8);
        JsonObject json = perplexity(file("a.txt", bytes), "--json").json();
        assertEquals(
                List.of("tokens", "mean_nll", "perplexity", "model", "dtype", "device", "token_ids", "logprobs"),
                List.copyOf(json.keySet()));
        double[] ids = doubles(json, "token_ids");
        double[] logprobs = doubles(json, "logprobs");
        assertEquals(bytes.length, json.get("tokens").getAsInt());
        assertEquals(bytes.length, ids.length);
        assertEquals(bytes.length - 1, logprobs.length);
        IntStream.range(0, ids.length).forEach(i -> assertEquals(bytes[i], ids[i]));
        double nll = -IntStream.range(0, logprobs.length)
                        .mapToDouble(i -> logprobs[i])
                        .sum()
                / logprobs.length;
        assertTrue(nll > 0);
        assertEquals(nll, json.get("mean_nll").getAsDouble(), 1e-12);
        assertEquals(Math.exp(nll), json.get("perplexity").getAsDouble(), 1e-9);
    }

    @Test
    void plainTextSaysTheSame() throws IOException {
        String path = file("b.txt", TEXT.getBytes(StandardCharsets.UTF_8));
        JsonObject json = perplexity(path, "--json").json();
        String out = perplexity(path).ok().out();
        assertTrue(out.contains("tokens      " + TEXT.length()), out);
        assertTrue(
                out.contains(String.format(
                        Locale.ROOT, "perplexity  %.4f", json.get("perplexity").getAsDouble())),
                out);
    }

    @Test
    void maxTokensScoresTheBeginning() throws IOException {
        String path = file("c.txt", TEXT.getBytes(StandardCharsets.UTF_8));
        double[] whole = doubles(perplexity(path, "--json").json(), "logprobs");
        double[] part = doubles(perplexity(path, "--json", "--max_tokens", "9").json(), "logprobs");
        assertEquals(8, part.length);
        IntStream.range(0, part.length).forEach(i -> assertEquals(whole[i], part[i], 1e-5));
        assertEquals(
                whole.length,
                doubles(perplexity(path, "--json", "--max_tokens", "900").json(), "logprobs").length);
    }

    @Test
    void textsThatCannotBeScored() throws IOException {
        perplexity(file("long.txt", "tide ".repeat(60).getBytes(StandardCharsets.UTF_8)))
                .refused("300 tokens", "context of 256", "--max_tokens");
        perplexity(file("empty.txt", new byte[0])).refused("0 tokens", "at least 2");
        perplexity(file("one.txt", new byte[] {'a'})).refused("1 tokens", "at least 2");
        perplexity(file("latin1.txt", new byte[] {'a', (byte) 0xE9, 'b'})).refused("latin1.txt", "UTF-8");
    }

    @Test
    void standardInputIsAFileToo() {
        Cli.Result result = Cli.piped(TEXT, "perplexity", "--model", model, "--dtype", "f32", "--file", "-", "--json");
        assertEquals(TEXT.length(), result.json().get("tokens").getAsInt());
    }
}
