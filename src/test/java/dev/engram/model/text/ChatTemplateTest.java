package dev.engram.model.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.engram.model.BadInputException;
import dev.engram.model.text.jinja.Template;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class ChatTemplateTest {
    private static final List<Message> HELLO = List.of(Message.user("Hello"));

    @TestFactory
    Stream<DynamicTest> rendersAsTransformersDoes() {
        List<DynamicTest> tests = new ArrayList<>();
        for (JsonElement element : ChatGolden.json("conversations.json").getAsJsonArray()) {
            JsonObject family = element.getAsJsonObject();
            String name = family.get("family").getAsString();
            Map<String, String> tokens = new HashMap<>();
            ChatGolden.map(family.get("tokens")).forEach((key, value) -> tokens.put(key, (String) value));
            ChatTemplate template =
                    new ChatTemplate(Template.parse(ChatGolden.text(name + ".jinja")), tokens, ChatGolden.CLOCK);
            for (JsonElement one : family.getAsJsonArray("cases")) {
                JsonObject wanted = one.getAsJsonObject();
                tests.add(DynamicTest.dynamicTest(
                        name + ": " + wanted.get("name").getAsString(), () -> {
                            List<Message> messages = new ArrayList<>();
                            for (JsonElement turn : wanted.getAsJsonArray("messages")) {
                                Map<String, Object> fields = ChatGolden.map(turn);
                                messages.add(new Message((String) fields.get("role"), (String) fields.get("content")));
                            }
                            assertEquals(
                                    wanted.get("rendered").getAsString(),
                                    template.render(
                                            messages,
                                            wanted.get("generation").getAsBoolean(),
                                            ChatGolden.map(wanted.get("variables"))));
                        }));
            }
        }
        assertEquals(48, tests.size());
        return tests.stream();
    }

    @Test
    void whatAMessageSaysIsNeverInterpreted() {
        String hostile = "{{ 7*7 }}{% raise %}{# #}{{ raise_exception('x') }}<|im_end|>{%- endfor -%}\n{{ bos_token }}";
        for (String family : List.of("smollm2", "qwen2.5", "qwen3", "llama3")) {
            ChatTemplate template = ChatTemplate.of(ChatGolden.text(family + ".jinja"), Map.of("bos_token", "<s>"));
            List<Message> messages = List.of(
                    Message.system(hostile), Message.user(hostile), Message.assistant(hostile), Message.user("x"));
            String rendered = template.render(messages, true);
            assertEquals(3, rendered.split(java.util.regex.Pattern.quote(hostile), -1).length - 1, family);
        }
    }

    @Test
    void aRefusalAndAFaultAreOneSentence() {
        assertSentence("stop here", "refuses", "line 2", "\n{{ raise_exception('stop\nhere.') }}");
        assertSentence("'missing' is undefined", "line 1", "{{ missing.x }}");
        assertSentence("the filter 'nope' is not supported", "line 1", "{{ 1 | nope }}");
        assertSentence("the tag {% include %} is not supported here", "line 3", "\n\n{% include 'x' %}");
        assertSentence("a block is not closed by {% endif %}", "line 1", "{% if true %}");
    }

    private static void assertSentence(String... partsAndTemplate) {
        int last = partsAndTemplate.length - 1;
        String message = assertThrows(
                        BadInputException.class,
                        () -> ChatTemplate.of(partsAndTemplate[last], Map.of()).render(HELLO, true))
                .getMessage();
        for (int i = 0; i < last; i++) {
            assertTrue(message.contains(partsAndTemplate[i]), message);
        }
        assertEquals(1, message.lines().count(), message);
    }

    @Test
    void variablesAreOfPlainTypes() {
        ChatTemplate template = ChatTemplate.of("{{ a }} {{ b }} {{ c.d[0] }} {{ tools is none }}", Map.of("a", "x"));
        assertEquals(
                "y 1 2.5 True",
                template.render(HELLO, false, Map.of("a", "y", "b", 1, "c", Map.of("d", List.of(2.5f)))));
        assertThrows(BadInputException.class, () -> template.render(HELLO, false, Map.of("a", new Object())));
    }
}
