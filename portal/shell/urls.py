"""The shell's own pages."""

from django.urls import path

from portal.shell import views

app_name = "shell"
urlpatterns = [
    path("", views.home, name="home"),
    path("styleguide/", views.styleguide, name="styleguide"),
]
