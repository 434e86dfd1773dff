#!/usr/bin/env python3
"""Makes the small workbooks and packed files of this folder; run it here after a change.

Needs xlwt for the binary workbooks (python3 -m pip install xlwt); the rest is the standard library.
The wanted rows stand in tests/unit/test_tabular_files.c.
"""
import datetime
import gzip
import io
import pathlib
import struct
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
WHEN = (2022, 5, 1, 0, 0, 0)


def put(zipped, name, data, how=zipfile.ZIP_DEFLATED):
    info = zipfile.ZipInfo(name, WHEN)
    info.compress_type = how
    zipped.writestr(info, data)


def xlsx(name, sheets, strings=None, styles=None, workbook="", prolog="", extra=()):
    """sheets: [(name, state, inner XML of the worksheet)]."""
    with zipfile.ZipFile(HERE / name, "w") as zipped:
        put(zipped, "[Content_Types].xml", f'<Types xmlns="{PACKAGE}/content-types"/>')
        put(zipped, "_rels/.rels", f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1" '
            f'Type="{REL}/officeDocument" Target="xl/workbook.xml"/></Relationships>')
        listed = "".join(f'<sheet name="{n}" sheetId="{i}" state="{s}" r:id="s{i}"/>'
                         for i, (n, s, _) in enumerate(sheets, 1))
        put(zipped, "xl/workbook.xml", f'{prolog}<workbook {MAIN} xmlns:r="{REL}">{workbook}<sheets>{listed}</sheets></workbook>')
        relations = "".join(f'<Relationship Id="s{i}" Type="{REL}/worksheet" Target="worksheets/sheet{i}.xml"/>'
                            for i in range(1, len(sheets) + 1))
        if strings is not None:
            relations += f'<Relationship Id="t" Type="{REL}/sharedStrings" Target="/xl/sharedStrings.xml"/>'
            put(zipped, "xl/sharedStrings.xml", f"<sst {MAIN}>{strings}</sst>")
        if styles is not None:
            relations += f'<Relationship Id="y" Type="{REL}/styles" Target="styles.xml"/>'
            put(zipped, "xl/styles.xml", f"<styleSheet {MAIN}>{styles}</styleSheet>")
        put(zipped, "xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{PACKAGE}/relationships">{relations}</Relationships>')
        for i, (_, _, inner) in enumerate(sheets, 1):
            put(zipped, f"xl/worksheets/sheet{i}.xml", inner if inner.startswith("<?") else f"<worksheet {MAIN}>{inner}</worksheet>")
        for part, data in extra:
            put(zipped, part, data)


def data(rows):
    return f"<sheetData>{rows}</sheetData>"


FORMATS = ["General", "dd/mm/yyyy", "mmm-yy", "0.0%", "h:mm", "[h]:mm:ss", '"days" 0', "[Red]0.00", "yyyy\\-mm\\-dd hh:mm"]
STYLES = ('<numFmts>' + "".join(f'<numFmt numFmtId="{164 + i}" formatCode="{f.replace(chr(34), "&quot;")}"/>' for i, f in enumerate(FORMATS)) +
          '</numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs>' +
          "".join(f'<xf numFmtId="{164 + i}"/>' for i in range(len(FORMATS))) + '<xf numFmtId="14"/><xf numFmtId="10"/></cellXfs>')


def numbers(values):
    return "".join(f'<c s="{s}"><v>{v}</v></c>' for s, v in values)


def make_xlsx():
    xlsx("kinds.xlsx", [("Data &amp; more", "visible", data(
        '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c><c r="C1" t="s"><v>2</v></c><c r="D1" t="s"><v>3</v></c></row>'
        '<row r="3"><c r="A3" t="b"><v>1</v></c><c r="B3" t="b"><v>0</v></c><c r="C3" t="e"><v>#N/A</v></c>'
        '<c r="D3" t="str"><f>A1</f><v>sum</v></c><c r="E3"><f>1+2</f><v>3</v></c><c r="G3" t="d"><v>2023-11-05T00:00:00</v></c></row>'
        '<row r="4"><c r="A4"/><c r="B4" s="1"/></row>'
        '<row><c><v>7</v></c><c t="inlineStr"><is><r><t>in</t></r><r><t xml:space="preserve"> line</t></r><rPh sb="0" eb="1"><t>no</t></rPh></is></c></row>'))],
        strings='<si><t>plain</t></si><si><r><t>ri</t></r><r><rPr><b/></rPr><t>ch</t></r></si>'
                '<si><t>word</t><rPh sb="0" eb="2"><t>phonetic</t></rPh></si><si><t xml:space="preserve"> a_x000D_\nb </t></si>',
        styles=STYLES)
    xlsx("numbers.xlsx", [("N", "visible", data(
        f'<row>{numbers([(0, 12), (0, "10.1"), (0, "10.100000000000001"), (0, "0.30000000000000004"), (0, "1E+20"), (0, "12.0"), (0, "1234567890123456789"), (0, "-0.5"), (0, "1.5E-7")])}</row>'
        f'<row>{numbers([(1, 45231), (2, 45231), (3, "0.125"), (4, "0.4375"), (5, "1.5"), (6, 30), (7, "12.5"), (8, "45231.4375"), (9, 45231), (10, "0.5")])}</row>'
        f'<row>{numbers([(1, 60), (1, 59), (1, 1), (1, -3), (1, "1E+9"), (1, 61)])}</row>'))], styles=STYLES)
    xlsx("from_1904.xlsx", [("N", "visible", data(f"<row>{numbers([(1, 43769), (1, 0)])}</row>"))], styles=STYLES,
         workbook='<workbookPr date1904="1"/>')
    xlsx("sheets.xlsx", [("Hidden", "hidden", data("<row><c><v>1</v></c></row>")), ("Empty", "visible", data("<row/>")),
                         ("Data", "visible", data("<row><c><v>2</v></c></row>")), ("More", "visible", data("<row><c><v>3</v></c></row>"))])
    xlsx("wide.xlsx", [("W", "visible", data('<row r="2"><c r="A2"><v>1</v></c><c r="XFD2"><v>2</v></c></row>'
                                             '<row r="1048576"><c r="C1048576"><v>3</v></c></row>'))])
    xlsx("merged.xlsx", [("M", "visible", data('<row><c t="inlineStr"><is><t>a</t></is></c><c/><c><v>1</v></c></row>') +
                          '<mergeCells><mergeCell ref="A1:B1"/></mergeCells>')])
    xlsx("no_value.xlsx", [("F", "visible", data(
        '<row><c><f>SUM(A2:A9)</f></c><c><f>1+1</f><v></v></c><c t="str"><f>B1</f><v></v></c>'
        '<c t="n"><f t="shared" si="0"/><v/></c><c t="b"><f>A1</f><v> </v></c><c><v/></c><c><f>1+2</f><v>3</v></c></row>'))])
    xlsx("hidden.xlsx", [("H", "visible", data('<row><c><v>1</v></c></row><row hidden="1"><c><v>2</v></c></row>'))])
    xlsx("unordered.xlsx", [("U", "visible", data('<row r="1"><c r="B1"><v>1</v></c><c r="A1"><v>2</v></c></row>'))])
    xlsx("no_string.xlsx", [("S", "visible", data('<row><c t="s"><v>4</v></c></row>'))], strings="<si><t>a</t></si>")
    laughs = ('<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha">' +
              "".join(f'<!ENTITY {chr(98 + i)} "{("&" + chr(97 + i) + ";") * 10}">' for i in range(9)) + "]>")
    xlsx("laughs.xlsx", [("L", "visible", f'{laughs}<worksheet {MAIN}>{data("<row><c><v>&j;</v></c></row>")}</worksheet>')])
    xlsx("laughs_workbook.xlsx", [("&j;", "visible", data("<row><c><v>1</v></c></row>"))], prolog=laughs)
    xlsx("broken.xlsx", [("B", "visible", data("<row><c><v>1</v></c></row><row><c><v>2</v>"))])
    xlsx("empty.xlsx", [("E", "visible", data(""))])
    xlsx("bomb.xlsx", [("B", "visible", data("<row><c><v>1</v></c></row>" + " " * (48 << 20)))])


def make_xls():
    import xlwt
    book = xlwt.Workbook()
    sheet = book.add_sheet("A & B")
    style = lambda text: xlwt.easyxf(num_format_str=text)
    day = datetime.datetime(2023, 11, 1)
    row = ["head", 12, 10.1, True, (day, "dd/mm/yyyy"), (0.125, "0.0%"), "\u0915\u0916\u0917", (datetime.datetime(2023, 11, 1, 10, 30), "dd/mm/yyyy hh:mm"),
           (day, "mmm-yy"), 1234567890123.0, 1e20, -7, 0.01]
    for i, cell in enumerate(row):
        if isinstance(cell, tuple):
            sheet.write(0, i, cell[0], style(cell[1]))
        else:
            sheet.write(0, i, cell)
    sheet.write(2, 1, xlwt.Formula("1+2"))
    sheet.write(2, 3, "x")
    for i in range(4):
        sheet.write(3, i, i)
    sheet.merge(4, 4, 0, 1)
    sheet.write(4, 2, 5)
    long = book.add_sheet("Long")
    for i in range(40):
        long.write(i, 0, ("\u0915" if i % 2 else "a") * (400 + i))
    book.save(HERE / "kinds.xls")
    bytes_of = bytearray((HERE / "kinds.xls").read_bytes())
    at = bytes_of.find(struct.pack("<HHHH", 6, 29, 2, 1))  # xlwt computes nothing: put the value in
    bytes_of[at + 10:at + 18] = struct.pack("<d", 3.0)
    (HERE / "kinds.xls").write_bytes(bytes_of)
    (HERE / "encrypted.xls").write_bytes(ole("EncryptedPackage"))
    (HERE / "word.xls").write_bytes(ole("WordDocument"))
    (HERE / "biff5.xls").write_bytes(ole("Book", biff5()))


def make_formulas():
    """xlwt computes nothing, and gives every formula the empty text."""
    import xlwt
    book = xlwt.Workbook()
    sheet = book.add_sheet("F")
    sheet.write(0, 0, 7)
    sheet.write(0, 1, xlwt.Formula("1+1"))
    sheet.write(0, 2, xlwt.Formula('IF(A1=7,"","x")'))
    book.save(HERE / "no_value.xls")
    bytes_of = bytearray((HERE / "no_value.xls").read_bytes())
    at = bytes_of.find(struct.pack("<HH", 0, 1), bytes_of.find(struct.pack("<HHH", 6, 29, 0)))
    bytes_of[at + 6:at + 14] = struct.pack("<d", 2.0)
    (HERE / "computed.xls").write_bytes(bytes_of)
    cell = lambda formula, inner: f'<Cell ss:Formula="{formula}">{inner}</Cell>'
    (HERE / "no_value.xml").write_text(
        '<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" '
        'xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet ss:Name="F"><Table><Row>'
        + cell("=5+6", "") + cell("=RC[-1]&amp;2", '<Data ss:Type="Number"></Data>') +
        cell("=7", '<Data ss:Type="Number">7</Data>') + cell("=R1", '<Data ss:Type="String"></Data>') + "<Cell/>" +
        cell("=8", "<Data/>") + "</Row></Table></Worksheet></Workbook>")


def ole(name, stream=b"\0" * 4096):
    """A compound file with one stream: table in sector 0, directory in 1, the stream after them."""
    stream += b"\0" * (max(4096, len(stream)) - len(stream))
    count = (len(stream) + 511) // 512
    stream += b"\0" * (count * 512 - len(stream))
    table = [0xFFFFFFFD, 0xFFFFFFFE] + [i + 3 for i in range(count - 1)] + [0xFFFFFFFE]
    table += [0xFFFFFFFF] * (128 - len(table))

    def entry(text, kind, start, size):
        coded = (text + "\0").encode("utf-16-le")
        return struct.pack("<64sHBBiii16sIQQIIi", coded, len(coded), kind, 1, -1, -1, 1 if kind == 5 else -1, b"", 0, 0, 0, start, size, 0)
    header = struct.pack("<8s16sHHHHH6sIIIIIIIIII", b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", b"", 0x3E, 3, 0xFFFE, 9, 6, b"", 0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0, 0)
    header += b"\xFF" * (512 - len(header))
    directory = entry("Root Entry", 5, 0xFFFFFFFE, 0) + entry(name, 2, 2, len(stream)) + b"\0" * 256
    return header + struct.pack("<128I", *table) + directory + stream


def biff5():
    def record(kind, body):
        return struct.pack("<HH", kind, len(body)) + body
    head = record(0x809, struct.pack("<HHHH", 0x500, 5, 0, 0)) + record(0x42, struct.pack("<H", 1252))
    sheet = record(0x809, struct.pack("<HHHH", 0x500, 16, 0, 0)) + \
        record(0x204, struct.pack("<HHHH", 0, 0, 0, 4) + b"Caf\xe9") + record(0x203, struct.pack("<HHHd", 0, 1, 0, 1.25)) + \
        record(0x205, struct.pack("<HHHBB", 0, 2, 0, 42, 1)) + \
        record(0x006, struct.pack("<HHH", 1, 0, 0) + b"\0\0\0\0\0\0\xFF\xFF" + b"\0" * 8) + record(0x207, struct.pack("<H", 3) + b"sum") + \
        record(0x006, struct.pack("<HHH", 1, 1, 0) + b"\2\0\x07\0\0\0\xFF\xFF" + b"\0" * 8) + \
        record(0x0BD, struct.pack("<HHHIHIH", 1, 2, 0, (5 << 2) | 2, 0, (1250 << 2) | 3, 3)) + record(0x0A, b"")
    size = len(head) + 4 + 8 + 3 + 4
    return head + record(0x85, struct.pack("<IBBB", size, 0, 0, 4) + b"Sh\xe9t") + record(0x0A, b"") + sheet


def make_xml2003():
    def cell(kind, text, more=""):
        return f'<Cell{more}><Data ss:Type="{kind}">{text}</Data></Cell>'
    coffee = "Caf\u00e9"
    percent, fourth, across = ' ss:StyleID="p"', ' ss:Index="4"', ' ss:MergeAcross="2"'
    (HERE / "sas.xls").write_text(
        '<?xml version="1.0" encoding="windows-1252"?>\r\n<?mso-application progid="Excel.Sheet"?>'
        '<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet">'
        '<Styles><Style ss:ID="d"/><Style ss:ID="p"><NumberFormat ss:Format="0.0%"/></Style></Styles>'
        '<Worksheet ss:Name="Empty"><Table/></Worksheet><Worksheet ss:Name="Caf\u00e9 &amp; more"><Table>'
        f'<Row>{cell("String", coffee + " &amp; <B>bold</B>")}{cell("Number", "12.0")}{cell("DateTime", "2023-11-05T00:00:00.000")}</Row>'
        f'<Row ss:Index="4">{cell("Number", "0.125", percent)}{cell("Boolean", "1", fourth)}{cell("Error", "#N/A")}</Row>'
        f'<Row>{cell("String", "title", across)}{cell("DateTime", "1899-12-31T10:30:00.000")}'
        f'{cell("DateTime", "2023-11-05T10:30:00.000")}</Row>'
        '</Table></Worksheet></Workbook>', encoding="cp1252", newline="")


def make_packed():
    text = "facility_code;name\r\n900080;\u0915\u0947\r\n"
    write = lambda name, content: (HERE / name).write_bytes(content)
    write("utf16.csv.gz", gzip.compress(text.encode("utf-16"), mtime=0))
    two = gzip.compress(b"a,b\n", mtime=0) + gzip.compress(b"1,2\n", mtime=0)
    write("two_members.csv.gz", two)
    write("zeros_behind.csv.gz", two + bytes(200000))
    write("garbage_behind.csv.gz", two + b"\0\0garbage")
    write("cut.csv.gz", gzip.compress(b"a,b\n1,2\n" * 4000, mtime=0)[:-12])
    damaged = bytearray(gzip.compress(b"a,b\n1,2\n" * 4000, mtime=0))
    damaged[-5] ^= 255
    write("damaged.csv.gz", damaged)
    write("bomb.csv.gz", gzip.compress(b"1,2\n" * (12 << 20), mtime=0))
    write("twice.csv.gz", gzip.compress(gzip.compress(b"a,b\n", mtime=0), mtime=0))
    for name, files in (("one.zip", [("folder/data.csv", text)]), ("two.zip", [("a.csv", text), ("b.csv", text)]),
                        ("mac.zip", [("data.csv", text), ("__MACOSX/._data.csv", "x")]), ("none.zip", []),
                        ("sheet.ods", [("mimetype", "application/vnd.oasis.opendocument.spreadsheet"), ("content.xml", "<a/>")]),
                        ("text.docx", [("[Content_Types].xml", "<a/>"), ("word/document.xml", "<a/>")]),
                        ("book.xlsb", [("[Content_Types].xml", "<a/>"), ("xl/workbook.bin", "x")])):
        with zipfile.ZipFile(HERE / name, "w") as zipped:
            for part, content in files:
                put(zipped, part, content)
    whole = (HERE / "one.zip").read_bytes()
    write("cut.zip", whole[:len(whole) - 40])


make_xlsx()
make_xls()
make_formulas()
make_xml2003()
make_packed()
