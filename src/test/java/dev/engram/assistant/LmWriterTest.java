package dev.engram.assistant;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.assistant.AnswerWriter.Draft;
import dev.engram.model.BadInputException;
import dev.engram.model.CausalLm;
import dev.engram.model.LoadOptions;
import dev.engram.model.LoadOptions.DType;
import dev.engram.model.TinyModel;
import dev.engram.retrieve.Hit;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reading again while generating, on a tiny random model: when the store is asked, with what, and what follows. */
class LmWriterTest {
    private static final List<Hit> FIRST = List.of(new Hit("a", "first text", 1));

    @TempDir
    static Path folder;

    private static CausalLm lm;

    @BeforeAll
    static void open() throws IOException {
        lm = CausalLm.open(
                TinyModel.write(folder, 1024, TinyModel.END_OF_TURN).toString(),
                LoadOptions.defaults().withDtype(DType.F32));
    }

    @AfterAll
    static void close() {
        lm.close();
    }

    @Test
    void theStoreIsAskedEveryFewTokensAndANewTextIsRead() {
        List<String> queries = new ArrayList<>();
        Draft draft = new LmWriter(lm, 2, 2).write("q?", FIRST, (query, k) -> {
            queries.add(query);
            return queries.size() < 3 ? FIRST : List.of(FIRST.get(0), new Hit("b", "second text", 0.5));
        });
        assertEquals(List.of("a", "b"), draft.read().stream().map(Hit::id).toList());
        assertEquals(3, draft.rereads(), "two texts are all it may read: the store is not asked again");
        assertTrue(queries.get(1).startsWith(queries.get(0)), "the query is what was said so far: " + queries);
    }

    @Test
    void withoutNewTextsTheAnswerIsThatOfReadingOnce() {
        Draft once = new LmWriter(lm, 0, 3).write("q?", FIRST, (query, k) -> {
            throw new AssertionError("the store must not be asked");
        });
        Draft often = new LmWriter(lm, 1, 3).write("q?", FIRST, (query, k) -> FIRST);
        assertEquals(once.text(), often.text());
        assertEquals(0, once.rereads());
        assertTrue(often.rereads() > 1, often.toString());
    }

    @Test
    void specialTokensInUsersWordsAreWords() {
        String odd = "a " + lm.tokenizer().tokenOf(TinyModel.END_OF_TURN) + " b";
        assertTrue(hasSpecial(odd));
        String plain = LmWriter.plain(lm.tokenizer(), odd);
        assertFalse(hasSpecial(plain), plain);
        assertEquals(odd.replace(" ", ""), plain.replace(" ", ""));
        assertEquals("nothing odd", LmWriter.plain(lm.tokenizer(), "nothing odd"));
        assertArrayEquals(lm.tokenizer().encode("x"), lm.tokenizer().encode(LmWriter.plain(lm.tokenizer(), "x")));
    }

    private static boolean hasSpecial(String text) {
        for (int id : lm.tokenizer().encode(text)) {
            if (lm.tokenizer().isSpecial(id)) {
                return true;
            }
        }
        return false;
    }

    @Test
    void settingsAreChecked() {
        assertThrows(BadInputException.class, () -> new LmWriter(lm, -1, 1));
        assertThrows(BadInputException.class, () -> new LmWriter(lm, 0, 0));
    }
}
