package dev.engram.model.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.engram.model.source.Checkpoint;
import dev.engram.model.source.ModelSource;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Ids on the default model's vocabulary against llama.cpp's (golden/tokenizer/make_lines.py). */
@Tag("default-model")
class LlamaCppTokensTest {
    private record Line(String text, int[] ids) {}

    private static String json;

    @BeforeAll
    static void read() {
        try (Checkpoint checkpoint = ModelSource.open("default")) {
            json = checkpoint.tokenizerJson();
        }
    }

    @AfterAll
    static void forget() {
        json = null;
    }

    @Test
    void theDefaultModelsIdsAreEqualOnEveryLine() throws IOException {
        List<Line> lines = lines("smollm");
        assertTrue(lines.size() >= 2000);
        try (Tokenizer tokenizer = new Tokenizer(json)) {
            assertEquals(List.of(), differing(tokenizer, lines));
            assertArrayEquals(new int[] {1116, 33, 34}, tokenizer.encode("\n\n12"));
            assertEquals(49152, tokenizer.vocabSize());
        }
    }

    @Test
    void theOtherFamiliesSplitAsTheyDo() throws IOException {
        for (String pre : List.of("gpt-2", "qwen2", "llama-bpe")) {
            // Qwen's own tokenizer composes characters first; llama.cpp leaves that out.
            List<Line> lines = lines(pre).stream()
                    .filter(line -> !pre.equals("qwen2") || Normalizer.isNormalized(line.text, Normalizer.Form.NFC))
                    .toList();
            assertTrue(lines.size() >= 600, pre + " " + lines.size());
            try (Tokenizer tokenizer = new Tokenizer(GgufTokenizer.toTokenizerJson(metadata(pre)))) {
                assertEquals(List.of(), differing(tokenizer, lines), pre);
            }
        }
    }

    @Test
    void streamingGivesTheWholeTextOfEveryLine() throws IOException {
        try (Tokenizer tokenizer = new Tokenizer(json)) {
            for (Line line : lines("smollm")) {
                StreamingDecoder decoder = tokenizer.streamingDecoder(false);
                StringBuilder out = new StringBuilder();
                for (int id : line.ids) {
                    out.append(decoder.push(id));
                }
                out.append(decoder.finish());
                String whole = tokenizer.decode(line.ids);
                assertEquals(
                        whole.replaceAll("\uFFFD{1,3}$", ""), out.toString().replaceAll("\uFFFD{1,3}$", ""));
            }
        }
    }

    private static List<String> differing(Tokenizer tokenizer, List<Line> lines) {
        List<String> differing = new ArrayList<>();
        for (Line line : lines) {
            int[] ids = tokenizer.encode(line.text);
            if (!Arrays.equals(line.ids, ids)) {
                differing.add(line.text + " " + Arrays.toString(line.ids) + " " + Arrays.toString(ids));
            }
        }
        return differing;
    }

    private static List<Line> lines(String name) throws IOException {
        List<Line> lines = new ArrayList<>();
        try (BufferedReader in = new BufferedReader(new InputStreamReader(
                new GZIPInputStream(
                        LlamaCppTokensTest.class.getResourceAsStream("/golden/tokenizer/" + name + ".jsonl.gz")),
                StandardCharsets.UTF_8))) {
            for (String row = in.readLine(); row != null; row = in.readLine()) {
                JsonArray pair = JsonParser.parseString(row).getAsJsonArray();
                int[] ids = new int[pair.get(1).getAsJsonArray().size()];
                for (int i = 0; i < ids.length; i++) {
                    ids[i] = pair.get(1).getAsJsonArray().get(i).getAsInt();
                }
                lines.add(new Line(pair.get(0).getAsString(), ids));
            }
        }
        return lines;
    }

    /** The default model's tokenizer metadata again, made from its JSON, with another pre-tokenizer. */
    private static Map<String, Object> metadata(String pre) {
        JsonObject root = JsonParser.parseString(json).getAsJsonObject();
        JsonObject model = root.getAsJsonObject("model");
        String[] tokens = new String[49152];
        model.getAsJsonObject("vocab")
                .entrySet()
                .forEach(e -> tokens[e.getValue().getAsInt()] = e.getKey());
        int[] types = new int[tokens.length];
        Arrays.fill(types, 1);
        for (JsonElement added : root.getAsJsonArray("added_tokens")) {
            types[added.getAsJsonObject().get("id").getAsInt()] = 3;
        }
        List<String> merges = new ArrayList<>();
        model.getAsJsonArray("merges").forEach(merge -> merges.add(merge.getAsString()));
        Map<String, Object> metadata = new HashMap<>();
        metadata.put("tokenizer.ggml.model", "gpt2");
        metadata.put("tokenizer.ggml.pre", pre);
        metadata.put("tokenizer.ggml.tokens", tokens);
        metadata.put("tokenizer.ggml.token_type", types);
        metadata.put("tokenizer.ggml.merges", merges);
        metadata.put("tokenizer.ggml.add_bos_token", false);
        return metadata;
    }
}
