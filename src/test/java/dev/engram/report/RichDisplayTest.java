package dev.engram.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.util.Base64;
import java.util.List;
import java.util.ServiceLoader;
import javax.imageio.ImageIO;
import org.dflib.jjava.jupyter.Extension;
import org.dflib.jjava.jupyter.kernel.display.DisplayData;
import org.dflib.jjava.jupyter.kernel.display.Renderer;
import org.dflib.jjava.jupyter.kernel.display.mime.MIMEType;
import org.junit.jupiter.api.Test;
import tech.tablesaw.api.StringColumn;
import tech.tablesaw.api.Table;

class RichDisplayTest {
    private final Renderer renderer = new Renderer();

    RichDisplayTest() {
        RichDisplay.register(renderer);
    }

    @Test
    void theKernelFindsTheExtension() {
        assertTrue(ServiceLoader.load(Extension.class).stream().anyMatch(p -> p.type() == RichDisplay.class));
    }

    @Test
    void aTableShowsAsHtmlAndText() {
        DisplayData data = renderer.render(Table.create("t", StringColumn.create("a", "<x>")));
        assertTrue(data.getData(MIMEType.TEXT_HTML).toString().contains("&lt;x&gt;"));
        assertEquals("t\na\n---\n<x>\n", data.getData(MIMEType.TEXT_PLAIN));
    }

    @Test
    void chartsAndPicturesShowAsImagesWithATextInPlaceOfAHash() throws Exception {
        for (Object shown : List.of(
                ChartsTest.sampleLine(),
                ChartsTest.sampleBars(),
                ChartsTest.sampleMap(),
                SixPlaces.drawing(),
                TextHeatTest.sample())) {
            DisplayData data = renderer.render(shown);
            byte[] png = Base64.getMimeDecoder()
                    .decode(data.getData(MIMEType.IMAGE_PNG).toString());
            assertTrue(ImageIO.read(new ByteArrayInputStream(png)).getWidth() >= 1600);
            String text = data.getData(MIMEType.TEXT_PLAIN).toString();
            assertFalse(text.contains("@"), text);
            assertEquals(shown instanceof TextHeat, data.hasDataForType(MIMEType.TEXT_HTML));
        }
    }
}
