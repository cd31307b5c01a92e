package dev.engram.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** A notebook that imports whole packages may not use a name that two of them have: the compiler would refuse the cell. */
class NotebookImportsTest {
    private static final Pattern WHOLE = Pattern.compile("(?m)^import (dev\\.engram[\\w.]*)\\.\\*;");
    private static final Pattern SINGLE = Pattern.compile("(?m)^import dev\\.engram[\\w.]*\\.(\\w+);");
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("dev.engram");

    @Test
    void everyNameMeansOneClass() throws IOException {
        TreeMap<String, List<String>> twice = new TreeMap<>();
        List<Path> notebooks;
        try (Stream<Path> files = Files.walk(Path.of("notebooks"))) {
            notebooks = files.filter(f ->
                            f.toString().endsWith(".ipynb") && !f.toString().contains(".ipynb_checkpoints"))
                    .toList();
        }
        for (Path notebook : notebooks) {
            List<String> names = ambiguous(NotebookCells.of(Files.readString(notebook), "code"));
            if (!names.isEmpty()) {
                twice.put(notebook.toString(), names);
            }
        }
        assertEquals(Map.of(), twice);
        assertTrue(notebooks.size() >= 30, notebooks.size() + " notebooks");
    }

    @Test
    void aNameOfTwoPackagesIsFoundUnlessImportedByItself() {
        String code = "import dev.engram.recall.*;\nimport dev.engram.tiers.*;\nMemory memory;";
        assertEquals(List.of("Memory"), ambiguous(code));
        assertEquals(List.of(), ambiguous("import dev.engram.recall.Memory;\n" + code));
        assertEquals(List.of(), ambiguous(code.replace("Memory memory", "Tier tier")));
    }

    private static List<String> ambiguous(String code) {
        TreeSet<String> singles = found(SINGLE, code);
        return found(WHOLE, code).stream()
                .flatMap(p -> CLASSES.stream()
                        .filter(c -> c.getPackageName().equals(p)
                                && c.isTopLevelClass()
                                && c.getModifiers().contains(JavaModifier.PUBLIC)))
                .collect(Collectors.groupingBy(JavaClass::getSimpleName, TreeMap::new, Collectors.counting()))
                .entrySet()
                .stream()
                .filter(e -> e.getValue() > 1 && !singles.contains(e.getKey()))
                .map(Map.Entry::getKey)
                .filter(name ->
                        Pattern.compile("\\b" + name + "\\b").matcher(code).find())
                .toList();
    }

    private static TreeSet<String> found(Pattern pattern, String code) {
        return pattern.matcher(code).results().map(m -> m.group(1)).collect(Collectors.toCollection(TreeSet::new));
    }
}
