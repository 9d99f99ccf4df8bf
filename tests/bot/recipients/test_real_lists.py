"""Lists as programs export them and people paste them, with the people each surely names."""

import pytest

from bot.recipients.reading import NobodyNamed, Unsure, parse_csv, parse_pasted, with_people

ASKED = None
# The people, one after the other, then the lines.
FILES = [
    (
        ASKED,
        "Handle,Title,Body (HTML),Vendor,Product Category,Type,Tags,Published",
        "blueshirt,Blue Shirt,<p>x</p>,Acme,Shirts,Shirt,new,TRUE",
        "redshirt,Red,<p>y</p>,Acme,Shirts,Shirt,,TRUE",
    ),
    (
        ASKED,
        "First Name,Last Name,Email,Accepts Email Marketing,Company,Address1,City,Tags",
        "Anna,Kim,anna@x.de,yes,Acme,Street 1,Ulm,vip",
    ),
    (ASKED, "Name,Email,Financial Status,Paid at,Lineitem name,Vendor", "#1001,anna@x.de,paid,2024-01-01,shirt,Acme"),
    (ASKED, "Order ID,Buyer Username,Buyer Name,Buyer Email", "12,annabuys,Anna Kim,anna@x.de"),
    ("anna_k", "Customer,Username,Orders", "Anna Kim,anna_k,3"),
    (ASKED, "username,customer", "shop_admin,anna_k"),
    (ASKED, "SKU,Seller,Price", "abc1,shop_x,12"),
    (
        "anna_k",
        "Email Address,First Name,Last Name,Instagram,MEMBER_RATING,OPTIN_TIME",
        "anna@x.de,Anna,Kim,@anna_k,2,2024-01-01 10:00:00",
    ),
    (
        "anna_k",
        (
            "Email Address,First Name,Last Name,Instagram Handle,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,L"
            "ATITUDE,CC,REGION,LAST_CHANGED,LEID,EUID,TAGS"
        ),
        'anna@x.de,Anna,Kim,anna_k,2,2024-01-01,1.2.3.4,2024,48.1,DE,BY,2024,123,ab12cd,"vip"',
    ),
    (ASKED, "Email Address,First Name,UNSUB_TIME,UNSUB_REASON,Instagram", "anna@x.de,Anna,2024-01-01,N/A,anna_k"),
    ("", "Email,Status,Username", "anna@x.de,unsubscribed,anna_k"),
    ("anna_k", "email,FNAME,LNAME,IG", "anna@x.de,Anna,Kim,anna_k"),
    (
        ASKED,
        "Record ID,First Name,Last Name,Email,Phone Number,Contact owner,Lead Status,Instagram username",
        "1,Anna,Kim,anna@x.de,+49,joe,NEW,anna_k",
    ),
    (
        "anna_k",
        "Record ID,First Name,Last Name,Email,Contact owner,Instagram username",
        "1,Anna,Kim,anna@x.de,Joe Smith,anna_k",
    ),
    (ASKED, "Record ID - Contact,First Name,Twitter Username,Email", "1,Anna,anna_tw,anna@x.de"),
    ("anna_k", "Lead Source,Lead Owner,Full Name,Instagram", "web,joe,Anna Kim,https://www.instagram.com/anna_k/"),
    (ASKED, "Account Name,Account Owner,Website", "Acme,joe,acme.com"),
    (ASKED, "Login,Email,Role", "joe,joe@x.de,admin"),
    (ASKED, "user_login,user_email,display_name,user_registered", "joe,joe@x.de,Joe Smith,2024-01-01"),
    (ASKED, "ID,user_login,user_nicename,display_name", "1,anna,anna-kim,Anna Kim"),
    (
        ASKED,
        "Name,Given Name,Family Name,Group Membership,E-mail 1 - Type,E-mail 1 - Value,Website 1 - Value",
        "Anna Kim,Anna,Kim,* myContacts,Home,anna@x.de,https://www.instagram.com/anna_k",
    ),
    (
        ASKED,
        "First Name,Middle Name,Last Name,Nickname,Labels,E-mail 1 - Value,Phone 1 - Value",
        "Anna,,Kim,Annie,* myContacts,anna@x.de,+49",
    ),
    (ASKED, "First Name,Last Name,Custom Field 1 - Label,Custom Field 1 - Value", "Anna,Kim,Instagram,anna_k"),
    (
        "mybrand",
        "Post ID,Account ID,Account username,Account name,Description,Publish time,Permalink",
        "1,2,mybrand,My Brand,hello,2024-01-01,https://www.instagram.com/p/Cabc/",
    ),
    (
        "anna_k",
        "id,created_time,ad_name,form_name,platform,full_name,instagram_username",
        "l:1,2024-01-01,Ad,Form,ig,Anna Kim,anna_k",
        "l:2,2024-01-01,Ad,Form,fb,Ben Lee,ben.b",
    ),
    (ASKED, "Comment Author,Comment,Likes", "anna_k,great,3"),
    (
        "anna_k ben.b cai dora",
        "username,comment,owner",
        "anna_k,great shot,nike",
        "ben.b,nice one,nike",
        "cai,oh wow yes,nike",
        "dora,love it so,nike",
    ),
    ("anna_k ben.b", "username,comment,owner", "anna_k,great,nike", "ben.b,nice,nike"),
    (
        ASKED,
        "profileUrl,username,fullName,imgUrl,id,isPrivate,isVerified,query,timestamp",
        (
            "https://www.instagram.com/anna_k,anna_k,Anna Kim,https://x.cdn/a.jpg,12,false,false,https://www.inst"
            "agram.com/natgeo,2024"
        ),
    ),
    (
        "u_0 u_1 u_2 u_3 u_4",
        "profileUrl,username,fullName,imgUrl,id,isPrivate,isVerified,query,timestamp",
        (
            "https://www.instagram.com/u_0,u_0,U I,https://x.cdn/a.jpg,0,false,false,https://www.instagram.com/na"
            "tgeo,2024"
        ),
        (
            "https://www.instagram.com/u_1,u_1,U I,https://x.cdn/a.jpg,1,false,false,https://www.instagram.com/na"
            "tgeo,2024"
        ),
        (
            "https://www.instagram.com/u_2,u_2,U I,https://x.cdn/a.jpg,2,false,false,https://www.instagram.com/na"
            "tgeo,2024"
        ),
        (
            "https://www.instagram.com/u_3,u_3,U I,https://x.cdn/a.jpg,3,false,false,https://www.instagram.com/na"
            "tgeo,2024"
        ),
        (
            "https://www.instagram.com/u_4,u_4,U I,https://x.cdn/a.jpg,4,false,false,https://www.instagram.com/na"
            "tgeo,2024"
        ),
    ),
    (ASKED, "postUrl,username,ownerName,comment", "https://www.instagram.com/p/Cx1/,anna_k,nike,hi there"),
    ("anna_k", "instagramUrl,profileName,followersCount", "https://www.instagram.com/anna_k/,Anna Kim,300"),
    ("anna_k", "profileLink,mutual", "https://www.instagram.com/anna_k/,3"),
    (
        "anna_k",
        "fullName,id,username,url,profilePicUrl,isVerified",
        "Anna Kim,1,anna_k,https://www.instagram.com/anna_k,https://x/a.jpg,false",
    ),
    (ASKED, "id,ownerUsername,ownerFullName,text,timestamp", "1,anna_k,Anna Kim,hi there,2024"),
    (ASKED, "inputUrl,username,fullName,followersCount", "https://www.instagram.com/natgeo/,anna_k,Anna Kim,3"),
    (ASKED, "Account,Handle,Followers", "Instagram,@anna_k,300", "Instagram,@ben.b,200"),
    ("anna_k", "Platform,Handle,Followers", "Instagram,@anna_k,300", "TikTok,@ben.b,200"),
    ("anna_k", "Platform,Username,Followers", "Instagram,anna_k,300", "Pinterest,ben.b,200"),
    ("anna_k", "Network,Profile,Followers", "instagram,@anna_k,300", "twitter,@ben,200"),
    (
        "anna_k",
        "Id,Name,First Name,Last Name,Gender,IG Username,Subscribed,Last Interaction",
        "1,Anna Kim,Anna,Kim,female,anna_k,2024-01-01,2024-01-02",
    ),
    ("anna_k", "id,ig_username,ig_id,optin_instagram,status", "1,anna_k,123,true,active"),
    (ASKED, "IG Username,Opted out", "anna_k,no"),
    ("anna_k", "Name,Instagram,TikTok,YouTube,E-Mail", "Anna Kim,@anna_k,@anna_tt,@anna_yt,a@b.de"),
    ("anna_k", "Name,TikTok,Instagram", "Anna Kim,anna_tt,anna_k"),
    (ASKED, "Name,TikTok,YouTube", "Anna Kim,@anna_tt,@anna_yt"),
    ("anna_k", "Creator,Instagram link,TikTok link", "Anna Kim,instagram.com/anna_k,tiktok.com/@anna"),
    (ASKED, "Creator,Instagram", "nike,anna_k"),
    ("anna_k ben.b", "Creator,Instagram", "anna,anna_k", "ben,ben.b"),
    ("anna_k", "Name,Instagram,Status,Tags", 'Anna Kim,https://www.instagram.com/anna_k?igsh=a,Contacted,"a, b"'),
    ("anna_k ben.b", "Name,IG,DM sent?", "Anna Kim,@anna_k,Yes", "Ben Lee,@ben.b,No"),
    ("anna_k ben.b", "Name,IG,DM sent?", "Anna Kim,anna_k,Yes", "Ben Lee,ben.b,No"),
    ("anna_k", "Name,Social,Followers", "Anna Kim,@anna_k,12k"),
    (ASKED, "Name,Socials", "Anna Kim,@anna_k (IG)", "Ben Lee,@ben_tt (TikTok)"),
    ("anna_k", "\ufeffName,Instagram", "Anna Kim,anna_k"),
    ("annak", "Name,Handle,Priority", "Anna Kim,annak,High"),
    ("annakim", "Name,Handle,Priority", "Anna Kim,annakim,High"),
    ("anna_k", "Influencer,Handle,Rate", "Anna Kim,@anna_k,$300"),
    (ASKED, "Winner", "anna_k", "ben.b"),
    (ASKED, "Giveaway winners", "", "anna_k", "ben.b"),
    (ASKED, "Instagram usernames of the winners", "anna_k", "ben.b"),
    ("anna_k", "My list of leads", "username", "anna_k"),
    ("anna_k", "Vorname;Nachname;E-Mail;Instagram-Name", "Anna;Kim;a@b.de;anna_k"),
    ("anna_k", "Vorname;Nachname;E-Mail;Instagram", "Anna;Kim;a@b.de;anna_k"),
    ("anna_k", "sep=;", "Kunde;Benutzername;Ort", "Anna Kim;anna_k;Ulm"),
    (ASKED, "Kunde;Benutzername;Ort", "anna;shop_x;Ulm"),
    (ASKED, "Nutzername;Spitzname", "anna_k;Mausi"),
    ("anna_k", "Prénom;Nom;Pseudo Instagram", "Anna;Kim;anna_k"),
    (ASKED, "Pseudo;Ville", "anna_k;Paris"),
    ("anna_k", "Nombre;Usuario de Instagram;Ciudad", "Anna Kim;anna_k;Madrid"),
    (ASKED, "Cliente;Usuario", "joe;anna_k"),
    ("anna_k", "Nome;Perfil do Instagram;Cidade", "Anna Kim;@anna_k;Lisboa"),
    ("anna_k", "Nome;Cognome;Profilo Instagram", "Anna;Kim;https://instagram.com/anna_k"),
    (ASKED, "Nome utente;Amico", "nike;anna"),
    ("anna_k", "Voornaam;Achternaam;Instagram gebruikersnaam", "Anna;Kim;anna_k"),
    ("anna_k", "Imię;Nazwisko;Nazwa użytkownika", "Anna;Kim;anna_k"),
    ("anna_k", "Ad;Soyad;Instagram kullanıcı adı", "Anna;Kim;anna_k"),
    ("anna_k", "Имя;Фамилия;Ник в инстаграме", "Анна;Ким;anna_k"),
    (ASKED, "Логин;Город", "anna_k;Москва"),
    (ASKED, "Użytkownik;Osoba", "nike;anna"),
    ("anna_k", "Felhasználónév;Név", "anna_k;Kim Anna"),
    (ASKED, "用户名,姓名", "anna_k,安娜"),
    (ASKED, "ユーザー名", "anna_k", "ben.b"),
    (ASKED, "아이디", "anna_k"),
    (ASKED, "اسم المستخدم,الاسم", "anna_k,آنا"),
    (ASKED, "Uživatelské jméno;Jméno", "anna_k;Anna"),
    (ASKED, "uzivatel;jmeno", "anna_k;Anna"),
    (ASKED, "jmeno_uctu", "anna_k", "ben.b"),
    (ASKED, "nyertesek", "anna_k", "ben.b"),
    ("nyertesek anna ben cai", "nyertesek", "anna", "ben", "cai"),
    (ASKED, "Sperrliste", "anna_k"),
    (ASKED, "blacklist 2024", "", "anna_k"),
    (ASKED, "DNC", "username", "anna_k"),
    (ASKED, "username,do_not_contact", "anna_k,0"),
    (ASKED, "username,blocked", "anna_k,false"),
    (ASKED, "Username,Unsubscribed at", "anna_k,"),
    (ASKED, "Abgemeldete Kontakte", "", "anna_k"),
    (ASKED, "Bounced", "", "username", "anna_k"),
    ("", "username,status", "anna_k,blocked"),
    ("anna_k", "username,followers", "anna_k,300", "", "Total,300"),
    ("anna_k", "username", "anna_k", "(2 rows)"),
    ("anna_k ben.b", "username", "anna_k", "Page 1 of 3", "ben.b"),
    ("anna_k ben.b", "username", "anna_k", "n/a", "none", "-", "ben.b"),
    ("anna_k", "username,name", "anna_k,Anna", "Kim, Anna,ben.b"),
    ("anna_k", 'username,"full name"', 'anna_k,"Kim; Anna"'),
    ("anna_k", "username;name", "anna_k;Kim, Anna"),
    ("anna_k", "username\tname", "anna_k\tKim, Anna"),
    ("anna_k ben.b", "#,Username", "1,anna_k", "2,ben.b"),
    ("anna_k", "", "", "username", "anna_k"),
    ("anna_k", "Generated 2024-01-01 by Tool", "Account: nike", "", "username,full_name", "anna_k,Anna"),
    (ASKED, "Followers of nike", "anna_k", "ben.b"),
    ("anna_k ben.b", "https://www.instagram.com/anna_k/", "https://www.instagram.com/ben.b/"),
    (ASKED, "https://www.instagram.com/p/Cx/", "https://www.instagram.com/ben.b/"),
    (ASKED, "https://www.tiktok.com/@anna", "https://www.instagram.com/ben.b/"),
    (ASKED, "anna_k,ben.b,cai"),
    ("anna_k ben.b caro", "anna_k", "ben.b", "caro"),
    ("nike adidas", "nike", "adidas"),
    (ASKED, "anna_k,1", "ben.b,2"),
    (ASKED, "1,anna_k", "2,ben.b"),
    ("anna_k ben.b", "@anna_k,1", "@ben.b,2"),
    ("", "anna@x.de", "ben@x.de"),
    ("", "+49 170 123456", "0170 1234567"),
    (ASKED, "name,phone", "Anna,+49 170"),
    (ASKED, "username,password", "anna_k,secret1"),
    ("", "username:password", "anna_k:secret1"),
    (ASKED, "email,username,password", "a@b.de,anna_k,hunter2"),
    ("anna_k ben.b", "date,username,action", "2024-01-01,anna_k,follow", "2024-01-02,ben.b,like"),
    (ASKED, "username,action,target", "mybot,follow,anna_k"),
    (ASKED, "follower,following", "anna_k,nike", "ben.b,nike"),
    (ASKED, "from,to", "mybot,anna_k"),
    (ASKED, "sender,username,text", "mybot,anna_k,hi there"),
    (ASKED, "source_username,target_username", "nike,anna_k"),
    (ASKED, "Source,Target", "nike,anna_k"),
    (ASKED, "Instagram,Instagram 2", "anna_k,ben.b"),
    (ASKED, "Old username,New username", "anna_old,anna_k"),
    ("anna_k", "username,old_username", "anna_k,anna_old"),
    (ASKED, "Brand,Instagram,Contact person", "Nike,nike,anna"),
    ("nike", "Brand,Instagram,Contact person", "Nike,nike,Anna Kim"),
    (ASKED, "Contact,Instagram", "joe,anna_k"),
    ("anna_k", "Full Name,Username,Assigned to", "Anna Kim,anna_k,Joe Smith"),
    ("anna_k", "Name,Instagram,Newsletter", "Anna Kim,anna_k,subscribed", "Ben Lee,ben.b,Unsubscribed"),
    ("anna_k", "username,city", "anna_k,Ulm", "Blocked,", "ben.b,Ulm"),
    ("ben.b", "username,tag", "anna_k,opt-out", "ben.b,vip"),
    (ASKED, "anna_k", "Blocked", "ben.b"),
    (ASKED, "Account Name,Phone", "Acme,+49 170"),
    (ASKED, "Accountname;Ort", "acme;Ulm"),
    (ASKED, "Account Name,Website", "Acme,acme.com"),
]
PASTED = [
    (
        "anna_k",
        "@anna_k",
        "not @ben.b",
        "except @ben.b",
        "@ben.b (skip)",
        "Nicht an @ben.b",
        "außer @ben.b",
        "pas @ben.b",
    ),
    ("anna_k cai", "@anna_k: not contacted yet", "@cai, no answer so far"),
    ("anna_k ben.b", "[12:01, 1.1.2024] Anna: @anna_k", "[12:02, 1.1.2024] Ben: @ben.b"),
    ("", "12/01/24, 10:00 - Anna: my insta is anna_k"),
    (
        "anna_k",
        "1.1.24, 10:00 - Nachrichten und Anrufe sind Ende-zu-Ende-verschlüsselt.",
        "1.1.24, 10:01 - Anna: https://instagram.com/anna_k",
    ),
    ("", "Follow @anna_k on Instagram and @anna_tt on TikTok"),
    ("anna_k ben.b", "To do:", "- anna_k", "- ben.b"),
    ("anna_k ben.b", "Winners 🎉", "1. @anna_k", "2. @ben.b"),
    ("anna_k ben.b", "winners:", "anna_k", "ben.b"),
    ("", "anna_k ✅", "ben.b ❌"),
    ("anna_k ben.b", "@anna_k ✅", "@ben.b ❌"),
    ("ben.b", "anna_k (done)", "@ben.b"),
    ("anna_k", "TikTok", "@anna_tt", "Instagram", "@anna_k"),
    ("anna_k", "tiktok:", "anna_tt", "ig:", "anna_k"),
    ("", "IG: anna_k"),
    ("anna_k", "IG @anna_k", "TT @anna_tt"),
    ("anna_k", "anna_k's profile picture", "anna_k", "Anna Kim", "Follow"),
    ("anna_k ben.b", "anna_k", "Anna Kim", "Following", "ben.b", "Ben Lee", "Following"),
    ("anna_k", "anna_k", "Verified", "Anna", "Follow"),
    ("", "nike", "Verified", "Nike", "Follow"),
    ("", "anna_k liked your photo. 2h", "ben.b started following you. 3h"),
    ("", "anna_k commented: great 2w"),
    ("anna_k ben.b", "anna_k", "2 w", "Reply", "ben.b", "3 w", "Reply"),
    ("", "Liked by anna_k and others"),
    (ASKED, "@anna_k, @ben.b and @cai"),
    ("anna_k ben.b cai", "@anna_k,@ben.b,@cai"),
    (ASKED, "anna_k\tben.b"),
    (ASKED, "anna_k; ben.b; cai"),
    ("", "anna_k / ben.b"),
    (ASKED, "anna_k|ben.b"),
    ("ben.b", "@anna_k\tTikTok account", "@ben.b\tInstagram"),
    ("", "anna kim @anna k"),
    ("", "https://instagram.com/anna k"),
    ("anna_k", "instagram.com", "@anna_k"),
    ("anna_k", "Instagram", "@anna_k"),
    ("", "https://www.instagram.com/stories/anna_k/123/"),
    ("", "https://l.instagram.com/?u=https%3A%2F%2Fx.de"),
    ("", "threads.net/@anna_k"),
    ("ben.b", "https://www.threads.net/@anna_k", "@ben.b"),
    ("ben.b", "mailto:anna@x.de", "@ben.b"),
    ("anna_k ben.b", "<@anna_k>", "«ben.b»"),
    ("anna_k", "`anna_k`", "**ben.b**"),
    ("anna_k", "[anna_k](https://instagram.com/anna_k)"),
    ("anna_k", "anna_k: https://instagram.com/anna_k"),
    ("anna_k", "Message @anna_k at https://wa.me/123"),
    (ASKED, "Block list", "@anna_k", "@ben.b"),
    (ASKED, "nicht anschreiben:", "@anna_k"),
    (ASKED, "do not message these:", "anna_k"),
    ("anna_k cai", "anna_k", "Blocked:", "ben.b", "Active:", "cai"),
    ("anna_k", "@anna_k", "@ben.b (unsubscribed)", "@cai - do not contact"),
    ("blocked_party anna.blocked", "@blocked_party", "anna.blocked"),
    ("anna_k", "@anna_k", "Nicht anschreiben:", "@ben.b"),
    ("300k", "12k", "@300k"),
    ("", "anna.k anna_k"),
]


def people(parse, given):
    """Return the people that a list names, or ASKED if there is a question."""
    try:
        return " ".join(one.username for one in with_people("file", parse(given)).accepted)
    except Unsure:
        return ASKED
    except NobodyNamed:
        return ""


@pytest.mark.parametrize(("expected", "lines"), [(first, lines) for first, *lines in FILES])
def test_a_file_of_another_program_names_whom_it_surely_means(expected, lines):
    assert people(parse_csv, "\n".join(lines).encode()) == expected


@pytest.mark.parametrize(("expected", "lines"), [(first, lines) for first, *lines in PASTED])
def test_a_pasted_list_names_whom_it_surely_means(expected, lines):
    assert people(parse_pasted, "\n".join(lines)) == expected
