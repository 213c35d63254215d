"""Cities for an invented world: the coordinates of real ones, rounded, and nothing else of theirs.

Each is called after the place that it lies near, because the tiles over it show nothing of that place.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from tools.files import appearing
from tools.sample.writing import NOTICE

FIRST_ID = 90_000_001
"""Numbers of invented cities begin here, far above those that GeoNames has given."""

CHOSEN = """
AF|EG Egypt|Cairo 30.0 31.2 9500
AF|NG Nigeria|Lagos 6.5 3.4 15000; Kano 12.0 8.5 3900
AF|KE Kenya|Nairobi -1.3 36.8 4400
AF|ZA South Africa|Cape Town -33.9 18.5 4600; Johannesburg -26.2 28.0 5600
AF|GH Ghana|Accra 5.6 -0.2 2300
AF|MA Morocco|Casablanca 33.6 -7.6 3400
AF|ET Ethiopia|Addis Ababa 9.0 38.7 3000
AF|SN Senegal|Dakar 14.7 -17.4 1200
AF|TZ Tanzania|Dar es Salaam -6.8 39.3 5400
AS|JP Japan|Tokyo 35.7 139.7 9700; Osaka 34.7 135.5 2700
AS|CN China|Shanghai 31.2 121.5 24800; Chengdu 30.7 104.1 16000; Harbin 45.8 126.6 5900
AS|IN India|Mumbai 19.1 72.9 12400; Delhi 28.7 77.2 11000; Bengaluru 13.0 77.6 8400; Kolkata 22.6 88.4 4500;\
 Jaipur 26.9 75.8 3000
AS|TH Thailand|Bangkok 13.8 100.5 8300
AS|VN Vietnam|Hanoi 21.0 105.8 8000
AS|ID Indonesia|Jakarta -6.2 106.8 10500
AS|PH Philippines|Cebu 10.3 123.9 960
AS|TR Turkey|Ankara 39.9 32.9 5600
AS|IR Iran|Isfahan 32.7 51.7 1900
AS|SA Saudi Arabia|Riyadh 24.7 46.7 7000
AS|KZ Kazakhstan|Almaty 43.2 76.9 1950
EU|GB United Kingdom|London 51.5 -0.1 8900; Manchester 53.5 -2.2 550
EU|FR France|Paris 48.9 2.4 2100; Lyon 45.8 4.8 520
EU|DE Germany|Berlin 52.5 13.4 3700; Hamburg 53.6 10.0 1850
EU|ES Spain|Madrid 40.4 -3.7 3300
EU|IT Italy|Milan 45.5 9.2 1370
EU|PL Poland|Warsaw 52.2 21.0 1790
EU|SE Sweden|Stockholm 59.3 18.1 980
EU|NO Norway|Bergen 60.4 5.3 290
EU|GR Greece|Athens 38.0 23.7 640
EU|UA Ukraine|Kyiv 50.5 30.5 2950
EU|RO Romania|Bucharest 44.4 26.1 1720
NA|US United States|New York 40.7 -73.9 8300; Los Angeles 34.1 -118.2 3900; Chicago 41.9 -87.7 2700;\
 Houston 29.8 -95.4 2300; Phoenix 33.4 -112.1 1600
NA|CA Canada|Toronto 43.7 -79.4 2800
NA|MX Mexico|Mexico City 19.4 -99.1 9200; Guadalajara 20.7 -103.3 1400
SA|BR Brazil|São Paulo -23.6 -46.6 12300; Brasília -15.8 -47.9 3000
SA|AR Argentina|Buenos Aires -34.6 -58.4 3100
SA|PE Peru|Lima -12.1 -77.0 10000
SA|CO Colombia|Bogotá 4.6 -74.1 7900
OC|AU Australia|Sydney -33.9 151.1 5300; Melbourne -37.8 145.0 5100; Perth -31.9 115.9 2100
OC|NZ New Zealand|Auckland -36.9 174.8 1400
"""
"""Continent, country, its cities with latitude, longitude and thousands of people: these the rule takes."""

REFUSED = """
AS|IN India|Nagpur 21.1 79.1 3000; Patna 25.6 85.1 1700
NA|US United States|Denver 39.7 -105.0 715; Boulder 40.0 -105.3 105; Santa Fe 35.7 -106.0 88
EU|FR France|Chartres 48.4 1.5 38
EU|GB United Kingdom|Croydon 51.4 -0.1 190
EU|NO Norway|Tromsø 69.6 19.0 65
EU|IT Italy|Siena 43.3 11.3 54
AF|KE Kenya|Malindi -3.2 40.1 84
SA|CL Chile|Puerto Natales -51.7 -72.5 20
OC|NZ New Zealand|Nelson -41.3 173.3 50
"""
"""What it does not take: too small, too near a greater one, or the sixth and later of a country."""

MORE = """
AF|EG Egypt|Alexandria 31.2 29.9 5200; Asyut 27.2 31.2 460
AF|NG Nigeria|Ibadan 7.4 3.9 3600; Port Harcourt 4.8 7.0 1900; Kaduna 10.5 7.4 1600
AF|KE Kenya|Mombasa -4.0 39.7 1200; Kisumu -0.1 34.8 400
AF|ZA South Africa|Durban -29.9 31.0 3700; Bloemfontein -29.1 26.2 560
AF|GH Ghana|Kumasi 6.7 -1.6 2000; Tamale 9.4 -0.8 370
AF|MA Morocco|Marrakesh 31.6 -8.0 930; Fes 34.0 -5.0 1100
AF|ET Ethiopia|Mekelle 13.5 39.5 310
AF|SN Senegal|Touba 14.9 -15.9 750
AF|TZ Tanzania|Mwanza -2.5 32.9 700; Dodoma -6.2 35.7 410
AF|DZ Algeria|Algiers 36.7 3.1 2400; Oran 35.7 -0.6 800
AF|TN Tunisia|Tunis 36.8 10.2 640
AF|SD Sudan|Khartoum 15.6 32.5 2000
AF|UG Uganda|Kampala 0.3 32.6 1700
AF|RW Rwanda|Kigali -1.9 30.1 1100
AF|CD DR Congo|Kinshasa -4.4 15.3 12000; Lubumbashi -11.7 27.5 1800; Kisangani 0.5 25.2 1300
AF|AO Angola|Luanda -8.9 13.3 6700; Huambo -12.8 15.7 600
AF|ZM Zambia|Lusaka -15.4 28.3 1700
AF|ZW Zimbabwe|Harare -17.8 31.0 1500; Bulawayo -20.2 28.6 650
AF|MZ Mozambique|Maputo -25.9 32.5 1100; Nampula -15.1 39.3 740
AF|MG Madagascar|Antananarivo -18.9 47.5 1400
AF|CM Cameroon|Douala 4.1 9.7 2700; Yaoundé 3.9 11.5 2700
AF|CI Ivory Coast|Abidjan 5.4 -4.0 4700; Bouaké 7.7 -5.0 600
AF|ML Mali|Bamako 12.6 -8.0 2400
AF|BF Burkina Faso|Ouagadougou 12.4 -1.5 2400
AF|NE Niger|Niamey 13.5 2.1 1000
AS|JP Japan|Sapporo 43.1 141.3 1950; Fukuoka 33.6 130.4 1600; Sendai 38.3 140.9 1100
AS|CN China|Xi'an 34.3 108.9 13000; Kunming 25.0 102.7 8400
AS|TH Thailand|Chiang Mai 18.8 99.0 130; Khon Kaen 16.4 102.8 120
AS|VN Vietnam|Ho Chi Minh City 10.8 106.7 9000; Da Nang 16.0 108.2 1200
AS|ID Indonesia|Surabaya -7.3 112.7 2900; Medan 3.6 98.7 2400; Makassar -5.1 119.4 1400
AS|PH Philippines|Manila 14.6 121.0 1800; Davao 7.1 125.6 1800
AS|TR Turkey|Izmir 38.4 27.2 2900; Gaziantep 37.1 37.4 2100; Erzurum 39.9 41.3 420
AS|IR Iran|Tehran 35.7 51.4 8700; Mashhad 36.3 59.6 3000; Tabriz 38.1 46.3 1600
AS|SA Saudi Arabia|Jeddah 21.5 39.2 3700; Medina 24.5 39.6 1400
AS|KZ Kazakhstan|Astana 51.1 71.4 1300; Karaganda 49.8 73.1 500
AS|PK Pakistan|Karachi 24.9 67.1 14900; Lahore 31.5 74.3 11100; Faisalabad 31.4 73.1 3200
AS|BD Bangladesh|Dhaka 23.8 90.4 10300; Chittagong 22.4 91.8 2600; Khulna 22.8 89.6 720
AS|LK Sri Lanka|Colombo 6.9 79.9 650
AS|NP Nepal|Kathmandu 27.7 85.3 850; Pokhara 28.2 84.0 510
AS|MM Myanmar|Yangon 16.9 96.2 5200; Mandalay 22.0 96.1 1300
AS|KH Cambodia|Phnom Penh 11.6 104.9 2100
AS|MY Malaysia|Kuala Lumpur 3.1 101.7 1800; Kuching 1.5 110.4 570
AS|KR South Korea|Seoul 37.6 127.0 9700; Daegu 35.9 128.6 2400; Gwangju 35.2 126.9 1450
AS|MN Mongolia|Ulaanbaatar 47.9 106.9 1500
AS|UZ Uzbekistan|Tashkent 41.3 69.2 2600; Samarkand 39.7 67.0 550
AS|IQ Iraq|Baghdad 33.3 44.4 7200; Basra 30.5 47.8 1400; Erbil 36.2 44.0 1000
AS|JO Jordan|Amman 31.9 35.9 4000
AS|YE Yemen|Sanaa 15.4 44.2 2500
AS|AF Afghanistan|Kabul 34.5 69.2 4400; Herat 34.3 62.2 570
AS|GE Georgia|Tbilisi 41.7 44.8 1200
EU|GB United Kingdom|Birmingham 52.5 -1.9 1140; Glasgow 55.9 -4.3 630; Cardiff 51.5 -3.2 370
EU|FR France|Marseille 43.3 5.4 870; Toulouse 43.6 1.4 490; Lille 50.6 3.1 230
EU|DE Germany|Munich 48.1 11.6 1500; Cologne 50.9 7.0 1080; Leipzig 51.3 12.4 610
EU|ES Spain|Barcelona 41.4 2.1 1640; Seville 37.4 -6.0 690; Zaragoza 41.7 -0.9 670
EU|IT Italy|Rome 41.9 12.5 2750; Naples 40.9 14.3 910; Turin 45.1 7.7 850; Palermo 38.1 13.3 630
EU|PL Poland|Kraków 50.1 19.9 800; Gdańsk 54.4 18.6 490
EU|SE Sweden|Gothenburg 57.7 12.0 590
EU|NO Norway|Oslo 59.9 10.8 710
EU|GR Greece|Thessaloniki 40.6 23.0 320
EU|UA Ukraine|Kharkiv 50.0 36.2 1420; Lviv 49.8 24.0 720; Dnipro 48.5 35.0 970
EU|RO Romania|Cluj 46.8 23.6 290
EU|PT Portugal|Lisbon 38.7 -9.1 550; Porto 41.2 -8.6 230
EU|NL Netherlands|Amsterdam 52.4 4.9 930; Eindhoven 51.4 5.5 240
EU|BE Belgium|Brussels 50.8 4.4 1220
EU|AT Austria|Vienna 48.2 16.4 2000; Graz 47.1 15.4 300
EU|CZ Czechia|Prague 50.1 14.4 1360; Brno 49.2 16.6 400
EU|HU Hungary|Budapest 47.5 19.0 1700
EU|RS Serbia|Belgrade 44.8 20.5 1380
EU|BG Bulgaria|Sofia 42.7 23.3 1290
EU|FI Finland|Helsinki 60.2 24.9 670; Oulu 65.0 25.5 210
EU|DK Denmark|Copenhagen 55.7 12.5 660
EU|IE Ireland|Dublin 53.3 -6.3 590
EU|IS Iceland|Reykjavík 64.1 -21.8 140
NA|CA Canada|Montreal 45.5 -73.6 1780; Calgary 51.0 -114.1 1310; Winnipeg 49.9 -97.1 750
NA|MX Mexico|Monterrey 25.7 -100.3 1140; Mérida 21.0 -89.6 920; Tijuana 32.5 -117.0 1800
NA|GT Guatemala|Guatemala City 14.6 -90.5 1000
NA|CU Cuba|Havana 23.1 -82.4 2100; Santiago 20.0 -75.8 430
NA|DO Dominican Republic|Santo Domingo 18.5 -69.9 1000
NA|CR Costa Rica|San José 9.9 -84.1 340
NA|PA Panama|Panama City 9.0 -79.5 880
SA|BR Brazil|Salvador -12.9 -38.5 2400; Manaus -3.1 -60.0 2100; Porto Alegre -30.0 -51.2 1330
SA|AR Argentina|Córdoba -31.4 -64.2 1500; Mendoza -32.9 -68.8 120; Salta -24.8 -65.4 620
SA|PE Peru|Arequipa -16.4 -71.5 1000; Iquitos -3.7 -73.3 480
SA|CO Colombia|Medellín 6.2 -75.6 2500; Cali 3.4 -76.5 2200; Barranquilla 11.0 -74.8 1200
SA|CL Chile|Santiago -33.5 -70.7 6200; Concepción -36.8 -73.0 220; Antofagasta -23.6 -70.4 390
SA|BO Bolivia|La Paz -16.5 -68.1 760; Santa Cruz -17.8 -63.2 1600
SA|EC Ecuador|Quito -0.2 -78.5 1900; Guayaquil -2.2 -79.9 2700
SA|VE Venezuela|Caracas 10.5 -66.9 2000; Maracaibo 10.7 -71.6 1600
SA|PY Paraguay|Asunción -25.3 -57.6 520
SA|UY Uruguay|Montevideo -34.9 -56.2 1300
OC|AU Australia|Brisbane -27.5 153.0 2600; Adelaide -34.9 138.6 1400
OC|NZ New Zealand|Christchurch -43.5 172.6 390; Wellington -41.3 174.8 215
OC|PG Papua New Guinea|Port Moresby -9.4 147.2 360
OC|FJ Fiji|Suva -18.1 178.4 180
"""
"""More of the same, for a world of full size; the rule takes these too."""

_FIELDS = 19  # of either layout


def list_cities(size: str = "class") -> pd.DataFrame:
    """Return the places from which cities are chosen.

    Parameters
    ----------
    size : {"class", "full"}, optional
        With the cities of one size or the other.

    Returns
    -------
    pandas.DataFrame
        ``city_id``, ``city``, ``country``, ``country_code``, ``continent`` (two letters), ``population``,
        ``lon``, ``lat``; and ``chosen``, whether the course's rule takes it (100,000 people or more, at least
        25 km from any other, at most five a country, the most populous first, ties by number).

    Examples
    --------
    >>> cities = list_cities()
    >>> int(cities["chosen"].sum()), cities[cities["chosen"]]["country_code"].nunique()
    (60, 40)
    """
    parts = [(CHOSEN, True), (REFUSED, False), *([(MORE, True)] if size == "full" else [])]
    rows = [(*row, chosen) for text, chosen in parts for row in _rows(text)]
    names = ["continent", "country_code", "country", "city", "lat", "lon", "population", "chosen"]
    table = pd.DataFrame(rows, columns=names)
    table.insert(0, "city_id", FIRST_ID + table.index)
    return table


def write_cities(cities: pd.DataFrame, folder: Path) -> list[Path]:
    """Write places as GeoNames publishes them.

    Parameters
    ----------
    cities : pandas.DataFrame
        As `list_cities` returns them.
    folder : pathlib.Path
        Where to; it must exist.

    Returns
    -------
    list of pathlib.Path
        ``cities15000.txt`` and ``countryInfo.txt``. The first has no room for remarks, so that it is
        synthetic stands among each city's other names.

    References
    ----------
    GeoNames, readme.txt of the export, https://download.geonames.org/export/dump/readme.txt.
    """
    lines = []
    for city in cities.itertuples():
        plain = city.city.encode("ascii", "ignore").decode()
        where = [f"{city.lat}", f"{city.lon}", "P", "PPL", city.country_code]
        fields = [f"{city.city_id}", city.city, plain, NOTICE.partition(":")[0], *where, *[""] * 5]
        lines.append([*fields, f"{city.population}", "", "", "", "2024-12-31"])
    lands = cities.drop_duplicates("country_code").sort_values("country_code")
    countries = [
        [land.country_code, "", "", "", land.country, "", "", "", land.continent, *[""] * (_FIELDS - 9)]
        for land in lands.itertuples()
    ]
    heads = {"cities15000.txt": [], "countryInfo.txt": [f"# {NOTICE}"]}
    for (name, head), table in zip(heads.items(), (lines, countries), strict=True):
        with appearing(folder / name) as part:
            text = "\n".join([*head, *("\t".join(fields) for fields in table)]) + "\n"
            part.write_text(text, encoding="utf-8", newline="\n")
    return [folder / name for name in heads]


def _rows(text: str) -> list[tuple]:
    found = []
    for line in text.strip().splitlines():
        continent, land, cities = line.split("|")
        code, _, country = land.partition(" ")
        for city in cities.split("; "):
            name, lat, lon, thousands = city.rsplit(maxsplit=3)
            spot = float(lat), float(lon), 1000 * int(thousands)
            found.append((continent, code, country, f"Near {name.strip()}", *spot))
    return found
