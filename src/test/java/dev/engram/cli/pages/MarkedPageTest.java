package dev.engram.cli.pages;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.model.BadInputException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Made parts are replaced, the rest stays, and a mark that is not closed is refused. */
class MarkedPageTest {
    private static String renewed(String page) {
        return MarkedPage.renewed(Path.of("X.md"), page, name -> "<" + name + ">\n");
    }

    @Test
    void onlyMadePartsChange() {
        String page = "a\n<!-- made: one -->\nold\nold\n<!-- end -->\nb\n<!-- made: two-2 -->\n<!-- end -->\nc";
        String made = "a\n<!-- made: one -->\n<one>\n<!-- end -->\nb\n<!-- made: two-2 -->\n<two-2>\n<!-- end -->\nc";
        assertEquals(made, renewed(page));
        assertEquals(made, renewed(made), "making it again changes nothing");
        assertEquals("no marks, <!-- tour -->", renewed("no marks, <!-- tour -->"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "<!-- made: one -->\nx\n",
                "x\n<!-- end -->\n",
                "<!-- made: one -->\n<!-- made: two -->\n<!-- end -->\n"
            })
    void marksComeInPairs(String page) {
        String refusal =
                assertThrows(BadInputException.class, () -> renewed(page)).getMessage();
        assertTrue(refusal.startsWith("X.md "), refusal);
    }
}
