package dev.engram.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import dev.engram.model.TinyModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code tokenize} on a tokenizer whose tokens are bytes. */
class TokenizeCommandTest {
    @TempDir
    private static Path folder;

    private static String model;

    @BeforeAll
    static void writeModel() throws IOException {
        model = TinyModel.write(folder.resolve("tiny")).toString();
    }

    @Test
    void tableOfIdsAndPieces() {
        Cli.Result result =
                Cli.run("tokenize", "--model", model, "--text", "a é<|im_end|>").ok();
        assertEquals("""
                   id  piece
                   97  a
                   32  ·
                  195  <C3>
                  169  <A9>
                  257  <|im_end|>
                """, result.out());
        assertEquals("5 tokens", result.err().strip());
    }

    @Test
    void jsonFromTextFileAndPipe() throws IOException {
        Path file = Files.writeString(folder.resolve("text.txt"), "tide");
        JsonObject json = Cli.run("tokenize", "--model", model, "--text", "tide", "--json")
                .json();
        assertEquals("[116,105,100,101]", json.get("token_ids").toString());
        assertEquals("[\"t\",\"i\",\"d\",\"e\"]", json.get("pieces").toString());
        assertEquals(4, json.get("num_tokens").getAsInt());
        assertEquals(
                json,
                Cli.run("tokenize", "--model", model, "--file", file.toString(), "--json")
                        .json());
        assertEquals(
                json,
                Cli.piped("tide\n", "tokenize", "--model", model, "--json").json());
        Cli.typed("", "tokenize", "--model", model).refused("--text or --file");
    }

    @Test
    void nothingHasNoTokens() {
        Cli.Result result = Cli.run("tokenize", "--model", model, "--text", "").ok();
        assertTrue(result.err().startsWith("0 tokens"), result.err());
    }
}
