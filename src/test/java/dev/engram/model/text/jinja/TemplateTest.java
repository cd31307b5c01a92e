package dev.engram.model.text.jinja;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.engram.model.text.ChatGolden;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TemplateTest {
    private static final String SIGNS = "{}%#-'\"()[]|.,:=~+*/ \n1ax\\";

    private static String render(String template, Map<String, Object> variables) {
        return Template.parse(template).render(variables, ChatGolden.CLOCK);
    }

    private static Map<String, Object> data() {
        Map<String, Object> data = ChatGolden.map(ChatGolden.json("constructs-data.json"));
        data.put("tools", null);
        data.put("documents", null);
        data.put("add_generation_prompt", false);
        return data;
    }

    @TestFactory
    Stream<DynamicTest> constructsDoAsInJinja() {
        List<DynamicTest> tests = new ArrayList<>();
        for (JsonElement element : ChatGolden.json("constructs.json").getAsJsonArray()) {
            JsonObject wanted = element.getAsJsonObject();
            String template = wanted.get("template").getAsString();
            tests.add(DynamicTest.dynamicTest(template.isBlank() ? "blank" : template.replace('\n', '⏎'), () -> {
                if (wanted.has("error")) {
                    TemplateException fault = assertThrows(TemplateException.class, () -> render(template, data()));
                    assertTrue(fault.line() > 0, fault.getMessage());
                } else {
                    assertEquals(wanted.get("rendered").getAsString(), render(template, data()));
                }
            }));
        }
        assertTrue(tests.size() >= 100);
        return tests.stream();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}",
                "{% set ns = namespace(x='ab') %}{% for i in range(100) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
                "{% set ns = namespace(x='ab') %}{% for i in range(100) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}",
                "{% set ns = namespace(x=[1]) %}{% for i in range(100) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
                "{% set ns = namespace(x=[1]) %}{% for i in range(100) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x }}",
                "{% set ns = namespace(x=[1]) %}{% for i in range(60) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x == ns.x }}{{ ns.x | tojson }}",
                "{% set ns = namespace(x=1) %}{% for i in range(90000) %}{% set ns.x = [ns.x] %}{% endfor %}{{ ns.x }}",
                "{{ 'x' * 999999999999 }}",
                "{{ [1] * 999999999999 }}",
                "{{ 'abc' | replace('', 'x' * 10000000) }}{{ ('a' * 1000000) | replace('a', 'b' * 1000000) }}",
                "{{ ('a' * 10000000) | indent(10000) | upper | list | join('x' * 1000000) }}",
                "{{ ('a,' * 20000000).split(',') | length }}",
                "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
                "{% macro m(n) %}{{ m(n) }}{{ m(n) }}{% endmacro %}{{ m(1) }}",
                "{{ 2 ** 1000000000 }}",
                "{% set t = 'a' * 1000000 %}{% for i in range(100000) %}{{ t[999999] }}{% endfor %}",
                "{% set t = 'a' * 1000000 %}{% for i in range(100000) %}{% if t.upper() == t or t | length == 5 or 'b' in t or t.strip() == '' %}{% endif %}{% endfor %}",
                "{{ [[[1]]] | tojson(indent=1000000000) * 100000000 }}",
                "{{ '7'.zfill(2000000000) }}",
            })
    void aHostileTemplateEndsWithAFault(String template) {
        assertTimeoutPreemptively(
                Duration.ofSeconds(20), () -> assertThrows(TemplateException.class, () -> render(template, Map.of())));
    }

    @Test
    void nestingDoesNotOverflowTheStack() {
        for (String open : List.of("(", "[", "{'a': ", "-", "not ", "x(", "x[", "1 if ", "x|default(")) {
            assertThrows(TemplateException.class, () -> Template.parse("{{ " + open.repeat(100_000)));
        }
        assertThrows(TemplateException.class, () -> Template.parse("{% if x %}".repeat(50_000)));
        assertThrows(TemplateException.class, () -> Template.parse("{% if x %}" + "{% elif x %}".repeat(50_000)));
        for (String chain : List.of(" + 1", " or 1", "[0]", "|list", " is none")) {
            assertThrows(TemplateException.class, () -> Template.parse("{{ 1" + chain.repeat(100_000) + " }}"));
        }
    }

    @Test
    void aLongConversationIsNoHostileTemplate() {
        Map<String, Object> turn = Map.of("role", "user", "content", "word ".repeat(2000));
        List<Object> turns = new ArrayList<>(java.util.Collections.nCopies(1000, turn));
        Map<String, Object> variables = new HashMap<>(Map.of("messages", turns));
        assertEquals(
                10_036_000 - 1000 * 5,
                render(ChatGolden.text("qwen3.jinja"), variables).length(),
                40_000);
    }

    /** Broken templates fail with the one kind of exception, whatever is broken. */
    @Test
    void mutatedTemplatesFailCleanly() {
        Random random = new Random(3);
        List<String> seeds = new ArrayList<>();
        for (String family : List.of("smollm2", "qwen2.5", "qwen3", "llama3")) {
            seeds.add(ChatGolden.text(family + ".jinja"));
        }
        ChatGolden.json("constructs.json")
                .getAsJsonArray()
                .forEach(element ->
                        seeds.add(element.getAsJsonObject().get("template").getAsString()));
        int refused = 0;
        for (int round = 0; round < 5000; round++) {
            StringBuilder template = new StringBuilder(seeds.get(random.nextInt(seeds.size())));
            for (int edit = random.nextInt(4); edit >= 0 && template.length() > 0; edit--) {
                int at = random.nextInt(template.length());
                switch (random.nextInt(3)) {
                    case 0 -> template.deleteCharAt(at);
                    case 1 -> template.insert(at, SIGNS.charAt(random.nextInt(SIGNS.length())));
                    default -> template.setLength(at);
                }
            }
            try {
                render(template.toString(), data());
            } catch (TemplateException e) {
                refused++;
            }
        }
        assertTrue(refused > 1000, refused + " refused");
    }
}
